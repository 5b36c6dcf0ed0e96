"""What AWS lists for a resource type and the templates' resources of it do not use. [DP]* is Delete and Put."""

# By type, what CloudFormation calls only where a resource has one of these properties: none has.
WITHOUT_PROPERTIES = {
    "AWS::ApiGatewayV2::Api": {"BodyS3Location": "s3:GetObject"},
    "AWS::ApiGatewayV2::Integration": {"CredentialsArn": "iam:PassRole"},
    "AWS::ApiGatewayV2::Stage": {"Tags": "apigateway:UntagResource"},
    "AWS::CloudWatch::Alarm": {"Tags": "cloudwatch:UntagResource"},
    "AWS::CloudWatch::Dashboard": {"Tags": "cloudwatch:UntagResource"},
    "AWS::Cognito::UserPool": {
        "UserPoolTags": "cognito-idp:UntagResource",
        "Schema": "cognito-idp:AddCustomAttributes",
        "EmailConfiguration SmsConfiguration LambdaConfig": "iam:CreateServiceLinkedRole iam:PassRole",
        "KeyConfiguration": "kms:*",
    },
    "AWS::Cognito::UserPoolClient": {"AnalyticsConfiguration": "iam:*"},
    "AWS::DynamoDB::Table": {
        "Tags": "dynamodb:TagResource dynamodb:UntagResource",
        "ImportSourceSpecification": "dynamodb:*Item dynamodb:*Import* dynamodb:Query dynamodb:Scan logs:* s3:*",
        "ResourcePolicy": "dynamodb:DeleteResourcePolicy dynamodb:PutResourcePolicy",
        "KinesisStreamSpecification": "dynamodb:*ableKinesis* dynamodb:UpdateKinesis* kinesis:*",
        "ContributorInsightsSpecification": "dynamodb:UpdateContributorInsights",
    },
    "AWS::Events::Rule": {"Tags": "events:UntagResource", "RoleArn": "iam:PassRole"},
    "AWS::IAM::Policy": {"Groups Users": "iam:*GroupPolicy iam:*UserPolicy"},
    "AWS::IAM::Role": {
        "Tags": "iam:TagRole iam:UntagRole",
        "PermissionsBoundary": "iam:*PermissionsBoundary",
        "Description MaxSessionDuration": "iam:UpdateRole iam:UpdateRoleDescription",
    },
    "AWS::Lambda::EventSourceMapping": {"Tags": "lambda:UntagResource", "FilterCriteria KmsKeyArn": "kms:*"},
    "AWS::Lambda::Function": {
        "Tags": "lambda:UntagResource",
        "VpcConfig": "ec2:*",
        "FileSystemConfigs": "elasticfilesystem:* s3files:*",
        "KmsKeyArn": "kms:*",
        "RuntimeManagementConfig": "lambda:AssociateRuntimeAlias lambda:PutRuntimeManagementConfig",
        "CodeSigningConfigArn": "lambda:GetCodeSigningConfig lambda:[DP]*FunctionCodeSigningConfig",
        "ReservedConcurrentExecutions": "lambda:*FunctionConcurrency",
        "Layers": "lambda:GetLayerVersion",
        "CapacityProviderConfig FunctionScalingConfig": "lambda:PassCapacityProvider lambda:PutFunctionScalingConfig",
        "PublishToLatestPublished": "lambda:PublishVersion",
        "RecursiveLoop": "lambda:PutFunctionRecursionConfig",
    },
    "AWS::Logs::LogGroup": {
        "Tags": "logs:UntagResource",
        "DataProtectionPolicy": "firehose:* logs:CreateLogDelivery logs:[DP]*DataProtectionPolicy s3:*",
        "FieldIndexPolicies": "logs:DeleteIndexPolicy logs:PutIndexPolicy",
        "ResourcePolicyDocument": "logs:DeleteResourcePolicy logs:PutResourcePolicy",
        "BearerTokenAuthenticationEnabled": "logs:PutBearerTokenAuthentication",
        "DeletionProtectionEnabled": "logs:PutLogGroupDeletionProtection",
    },
    "AWS::S3::Bucket": {
        "Tags": "s3:UntagResource",
        "AbacStatus": "s3:PutBucketAbac",
        "AccelerateConfiguration": "s3:PutAccelerateConfiguration",
        "AccessControl": "s3:PutBucketAcl s3:PutObjectAcl",
        "AnalyticsConfigurations": "s3:[DP]*AnalyticsConfiguration",
        "MetricsConfigurations": "s3:[DP]*MetricsConfiguration",
        "InventoryConfigurations": "s3:PutInventoryConfiguration",
        "IntelligentTieringConfigurations": "s3:PutIntelligentTieringConfiguration",
        "WebsiteConfiguration": "s3:[DP]*BucketWebsite",
        "ReplicationConfiguration": "iam:PassRole s3:*Replication s3:PutReplicationConfiguration",
        "LoggingConfiguration": "s3:PutBucketLogging",
        "NotificationConfiguration": "s3:PutBucketNotification",
        "ObjectLockConfiguration ObjectLockEnabled": "s3:Put*ObjectLockConfiguration",
        "VersioningConfiguration": "s3:PutBucketVersioning",
        "MetadataTableConfiguration MetadataConfiguration": "s3:[!G]*BucketMetadata* s3tables:*",
    },
    "AWS::SQS::Queue": {"Tags": "sqs:TagQueue sqs:UntagQueue"},
}

# The same for another reason.
OTHERWISE_UNUSED = {
    # The role that it reads is of the same stack, and AWS::IAM::Role may.
    "AWS::ApiGateway::Account": "iam:GetRole",
    # It is in one region (a global table's type is AWS::DynamoDB::GlobalTable), and its key is named by ARN.
    "AWS::DynamoDB::Table": "dynamodb:*TableReplica iam:CreateServiceLinkedRole kms:ListAliases",
    # A package's key has its hash in it.
    "AWS::Lambda::Function": "s3:GetObjectVersion",
    # It is always set.
    "AWS::Logs::LogGroup": "logs:DeleteRetentionPolicy",
    # CloudFormation does not empty it; and no actions of these names exist: deleting takes the action that sets.
    "AWS::S3::Bucket": "s3:DeleteObject s3:DeleteBucketCors s3:DeleteBucketEncryption s3:DeleteBucketLifecycle",
}
