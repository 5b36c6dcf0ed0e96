"""What AWS lists for a resource type and the templates' resources of it do not use, each with the reason."""

from __future__ import annotations

from typing import NamedTuple


class Unused(NamedTuple):
    """Actions that CloudFormation calls for a type only where a resource has one of these properties."""

    type: str
    actions: str
    because: str
    without: tuple[str, ...] = ()
    """Properties that no resource of the type may have, for the reason to hold."""


_NO_TAGS = "the templates set no tags; those of CloudFormation are never taken away"
_OWN_KEYS = "only functions with code of a key's own, streams and event filters read with a key"

UNUSED = [
    Unused("AWS::ApiGateway::Account", "iam:GetRole", "it reads the role of the same stack, which AWS::IAM::Role may"),
    Unused("AWS::ApiGatewayV2::Api", "s3:GetObject",
        "only a description of the API in a file is read", ("BodyS3Location",)),
    Unused("AWS::ApiGatewayV2::Integration", "iam:PassRole", "functions let the API in", ("CredentialsArn",)),
    Unused("AWS::ApiGatewayV2::Stage", "apigateway:UntagResource", _NO_TAGS, ("Tags",)),
    Unused("AWS::CloudWatch::Alarm", "cloudwatch:UntagResource", _NO_TAGS, ("Tags",)),
    Unused("AWS::CloudWatch::Dashboard", "cloudwatch:UntagResource", _NO_TAGS, ("Tags",)),
    Unused("AWS::Cognito::UserPool", "cognito-idp:UntagResource", _NO_TAGS, ("UserPoolTags",)),
    Unused("AWS::Cognito::UserPool", "cognito-idp:AddCustomAttributes", "it has no attributes of its own", ("Schema",)),
    Unused("AWS::Cognito::UserPool", "iam:CreateServiceLinkedRole iam:PassRole",
        "it sends no mail or message, and calls no function",
        ("EmailConfiguration", "SmsConfiguration", "LambdaConfig")),
    Unused("AWS::Cognito::UserPool",
        "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey"
        " kms:GenerateDataKeyWithoutPlaintext kms:ReEncryptFrom kms:ReEncryptTo",
        "it is encrypted with AWS's key", ("KeyConfiguration",)),
    Unused("AWS::Cognito::UserPoolClient",
        "iam:CreateServiceLinkedRole iam:DeleteRolePolicy iam:PassRole iam:PutRolePolicy",
        "it sends nothing to Pinpoint", ("AnalyticsConfiguration",)),
    Unused("AWS::DynamoDB::Table", "dynamodb:TagResource dynamodb:UntagResource", _NO_TAGS, ("Tags",)),
    Unused("AWS::DynamoDB::Table",
        "dynamodb:BatchWriteItem dynamodb:DeleteItem dynamodb:DescribeImport dynamodb:GetItem"
        " dynamodb:ImportTable dynamodb:PutItem dynamodb:Query dynamodb:Scan dynamodb:UpdateItem"
        " logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogGroups logs:DescribeLogStreams"
        " logs:PutLogEvents logs:PutRetentionPolicy s3:GetObject s3:GetObjectMetadata s3:ListBucket",
        "it is not filled from a bucket", ("ImportSourceSpecification",)),
    Unused("AWS::DynamoDB::Table",
        "dynamodb:AssociateTableReplica dynamodb:CreateTableReplica iam:CreateServiceLinkedRole",
        "it is in one region (a global table's type is AWS::DynamoDB::GlobalTable)"),
    Unused("AWS::DynamoDB::Table", "dynamodb:DeleteResourcePolicy dynamodb:PutResourcePolicy",
        "roles' policies say who may read it", ("ResourcePolicy",)),
    Unused("AWS::DynamoDB::Table",
        "dynamodb:DisableKinesisStreamingDestination dynamodb:EnableKinesisStreamingDestination"
        " dynamodb:UpdateKinesisStreamingDestination kinesis:DescribeStream kinesis:PutRecords",
        "its changes go nowhere", ("KinesisStreamSpecification",)),
    Unused("AWS::DynamoDB::Table", "dynamodb:UpdateContributorInsights",
        "it has no insights", ("ContributorInsightsSpecification",)),
    Unused("AWS::DynamoDB::Table", "kms:ListAliases", "its key is named by ARN, never by alias"),
    Unused("AWS::Events::Rule", "events:UntagResource", _NO_TAGS, ("Tags",)),
    Unused("AWS::Events::Rule", "iam:PassRole", "the function lets EventBridge in", ("RoleArn",)),
    Unused("AWS::IAM::Policy",
        "iam:DeleteGroupPolicy iam:DeleteUserPolicy iam:GetGroupPolicy iam:GetUserPolicy iam:PutGroupPolicy"
        " iam:PutUserPolicy",
        "it is of roles", ("Groups", "Users")),
    Unused("AWS::IAM::Role", "iam:TagRole iam:UntagRole", _NO_TAGS, ("Tags",)),
    Unused("AWS::IAM::Role", "iam:DeleteRolePermissionsBoundary iam:PutRolePermissionsBoundary",
        "it has no boundary", ("PermissionsBoundary",)),
    Unused("AWS::IAM::Role", "iam:UpdateRole iam:UpdateRoleDescription",
        "it has neither description nor length of sessions", ("Description", "MaxSessionDuration")),
    Unused("AWS::Lambda::EventSourceMapping", "lambda:UntagResource", _NO_TAGS, ("Tags",)),
    Unused("AWS::Lambda::EventSourceMapping", "kms:Decrypt kms:DescribeKey kms:GenerateDataKey",
        _OWN_KEYS, ("FilterCriteria", "KmsKeyArn")),
    Unused("AWS::Lambda::Function", "lambda:UntagResource", _NO_TAGS, ("Tags",)),
    Unused("AWS::Lambda::Function",
        "ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs",
        "it is in no network of the account's", ("VpcConfig",)),
    Unused("AWS::Lambda::Function", "elasticfilesystem:DescribeMountTargets s3files:ListMountTargets",
        "it mounts nothing", ("FileSystemConfigs",)),
    Unused("AWS::Lambda::Function", "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey",
        _OWN_KEYS, ("KmsKeyArn",)),
    Unused("AWS::Lambda::Function", "lambda:AssociateRuntimeAlias lambda:PutRuntimeManagementConfig",
        "Lambda updates the runtime", ("RuntimeManagementConfig",)),
    Unused("AWS::Lambda::Function",
        "lambda:DeleteFunctionCodeSigningConfig lambda:GetCodeSigningConfig"
        " lambda:PutFunctionCodeSigningConfig",
        "its code is not signed", ("CodeSigningConfigArn",)),
    Unused("AWS::Lambda::Function", "lambda:DeleteFunctionConcurrency lambda:PutFunctionConcurrency",
        "the mapping limits its concurrency", ("ReservedConcurrentExecutions",)),
    Unused("AWS::Lambda::Function", "lambda:GetLayerVersion", "it has no layers", ("Layers",)),
    Unused("AWS::Lambda::Function", "lambda:PassCapacityProvider lambda:PutFunctionScalingConfig lambda:PublishVersion",
        "it runs on no machines of the account's; deploy.sh publishes versions",
        ("CapacityProviderConfig", "FunctionScalingConfig", "PublishToLatestPublished")),
    Unused("AWS::Lambda::Function", "lambda:PutFunctionRecursionConfig", "no loop is allowed", ("RecursiveLoop",)),
    Unused("AWS::Lambda::Function", "s3:GetObjectVersion", "a package's key has its hash in it"),
    Unused("AWS::Logs::LogGroup", "logs:UntagResource", _NO_TAGS, ("Tags",)),
    Unused("AWS::Logs::LogGroup",
        "firehose:TagDeliveryStream logs:CreateLogDelivery logs:DeleteDataProtectionPolicy"
        " logs:PutDataProtectionPolicy s3:REST.PUT.OBJECT",
        "nothing personal is written, so nothing is masked, and findings go nowhere", ("DataProtectionPolicy",)),
    Unused("AWS::Logs::LogGroup", "logs:DeleteIndexPolicy logs:PutIndexPolicy",
        "it is not indexed", ("FieldIndexPolicies",)),
    Unused("AWS::Logs::LogGroup", "logs:DeleteResourcePolicy logs:PutResourcePolicy",
        "roles' policies say who may write", ("ResourcePolicyDocument",)),
    Unused("AWS::Logs::LogGroup", "logs:DeleteRetentionPolicy", "its retention is always set"),
    Unused("AWS::Logs::LogGroup", "logs:PutBearerTokenAuthentication logs:PutLogGroupDeletionProtection",
        "it has neither", ("BearerTokenAuthenticationEnabled", "DeletionProtectionEnabled")),
    Unused("AWS::S3::Bucket", "s3:UntagResource", _NO_TAGS, ("Tags",)),
    Unused("AWS::S3::Bucket", "s3:PutBucketAbac", "tags do not say who may read it", ("AbacStatus",)),
    Unused("AWS::S3::Bucket", "s3:PutAccelerateConfiguration", "it is not accelerated", ("AccelerateConfiguration",)),
    Unused("AWS::S3::Bucket", "s3:PutBucketAcl s3:PutObjectAcl", "its owner owns all", ("AccessControl",)),
    Unused("AWS::S3::Bucket",
        "s3:DeleteBucketAnalyticsConfiguration s3:PutAnalyticsConfiguration"
        " s3:DeleteBucketMetricsConfiguration s3:PutMetricsConfiguration s3:PutInventoryConfiguration"
        " s3:PutIntelligentTieringConfiguration",
        "nobody counts what is in it, and nothing moves to cheaper storage",
        ("AnalyticsConfigurations", "MetricsConfigurations", "InventoryConfigurations",
         "IntelligentTieringConfigurations")),
    Unused("AWS::S3::Bucket", "s3:DeleteBucketCors s3:DeleteBucketEncryption s3:DeleteBucketLifecycle",
        "no such actions exist (deleting takes the action that sets), and all three are always set"),
    Unused("AWS::S3::Bucket", "s3:DeleteBucketWebsite s3:PutBucketWebsite",
        "it is no website", ("WebsiteConfiguration",)),
    Unused("AWS::S3::Bucket",
        "iam:PassRole s3:DeleteBucketReplication s3:PutBucketReplication s3:PutReplicationConfiguration",
        "it is not copied elsewhere", ("ReplicationConfiguration",)),
    Unused("AWS::S3::Bucket", "s3:DeleteObject", "CloudFormation does not empty it"),
    Unused("AWS::S3::Bucket", "s3:PutBucketLogging", "its log would need a second bucket", ("LoggingConfiguration",)),
    Unused("AWS::S3::Bucket", "s3:PutBucketNotification", "it tells nobody", ("NotificationConfiguration",)),
    Unused("AWS::S3::Bucket",
        "s3:PutBucketObjectLockConfiguration s3:PutObjectLockConfiguration s3:PutBucketVersioning",
        "answers are written once, and expire",
        ("ObjectLockConfiguration", "ObjectLockEnabled", "VersioningConfiguration")),
    Unused("AWS::S3::Bucket",
        "s3:CreateBucketMetadataTableConfiguration s3:DeleteBucketMetadataTableConfiguration"
        " s3:UpdateBucketMetadataAnnotationTableConfiguration"
        " s3:UpdateBucketMetadataInventoryTableConfiguration s3:UpdateBucketMetadataJournalTableConfiguration"
        " s3tables:CreateNamespace s3tables:CreateTable s3tables:CreateTableBucket s3tables:GetTable"
        " s3tables:GetTableMetadataLocation s3tables:PutTableBucketPolicy s3tables:PutTableEncryption"
        " s3tables:PutTablePolicy s3tables:UpdateTableMetadataLocation",
        "it has no table of what is in it", ("MetadataTableConfiguration", "MetadataConfiguration")),
    Unused("AWS::SQS::Queue", "sqs:TagQueue sqs:UntagQueue", _NO_TAGS, ("Tags",)),
]  # fmt: skip
