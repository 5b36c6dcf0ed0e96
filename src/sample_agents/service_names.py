"""What people call cloud services: the name shown, then the names in exports and questions. Pure."""

import re
from functools import lru_cache

_SERVICES = """
Amazon S3: Amazon Simple Storage Service, Simple Storage Service, S3, S3 buckets, S3 storage
Amazon EC2: Amazon Elastic Compute Cloud, Elastic Compute Cloud, EC2, EC2 instances, EC2 - Other
Amazon RDS: Amazon Relational Database Service, Relational Database Service, RDS, Aurora, Amazon Aurora
Amazon DynamoDB: DynamoDB, Dynamo, DDB
AWS Lambda: Lambda, Lambdas, Lambda functions
Amazon CloudFront: CloudFront
Amazon CloudWatch: AmazonCloudWatch, CloudWatch, CloudWatch Logs
AWS CloudTrail: CloudTrail
Amazon VPC: Amazon Virtual Private Cloud, Virtual Private Cloud, VPC
Elastic Load Balancing: ELB, ALB, NLB, load balancer, load balancers, load balancing
Amazon ECS: Amazon Elastic Container Service, Elastic Container Service, ECS, Fargate, AWS Fargate
Amazon EKS: Amazon Elastic Container Service for Kubernetes, Amazon Elastic Kubernetes Service, EKS
Amazon ECR: Amazon EC2 Container Registry (ECR), Amazon Elastic Container Registry, ECR
Amazon ElastiCache: ElastiCache
Amazon Redshift: Redshift
Amazon OpenSearch Service: OpenSearch, Elasticsearch, Amazon Elasticsearch Service
Amazon EMR: Amazon Elastic MapReduce, Elastic MapReduce, EMR
Amazon EFS: Amazon Elastic File System, Elastic File System, EFS
Amazon EBS: Amazon Elastic Block Store, Elastic Block Store, EBS
Amazon FSx: FSx
Amazon S3 Glacier: Amazon Glacier, Glacier, S3 Glacier
Amazon SQS: Amazon Simple Queue Service, Simple Queue Service, SQS
Amazon SNS: Amazon Simple Notification Service, Simple Notification Service, SNS
Amazon SES: Amazon Simple Email Service, Simple Email Service, SES
Amazon Kinesis: Kinesis, Kinesis Data Streams
Amazon MSK: Amazon Managed Streaming for Apache Kafka, MSK, Kafka
Amazon API Gateway: API Gateway
Amazon Route 53: Route 53, Route53
AWS KMS: AWS Key Management Service, Key Management Service, KMS
AWS Secrets Manager: Secrets Manager
AWS Step Functions: Step Functions
AWS Systems Manager: Systems Manager, SSM
AWS Glue: Glue
Amazon Athena: Athena
Amazon SageMaker: SageMaker, Amazon SageMaker AI
Amazon Bedrock: Bedrock
AWS WAF: WAF
AWS Config: AWS Config service
AWS Backup: AWS Backup service
Amazon GuardDuty: GuardDuty
AWS Security Hub: Security Hub
Amazon Cognito: Cognito
AWS Support: AWS Support (Business), AWS Support (Enterprise), AWS Support (Developer)
Azure Virtual Machines: Virtual Machines, Azure VM, Azure VMs, Microsoft Virtual Machines
Azure Storage: Storage Accounts, Storage Account, Azure Storage Accounts, Blob Storage, Azure Blob Storage
Azure SQL Database: Azure SQL, SQL Database, Azure SQL DB
Azure Database for MySQL: Azure DB for MySQL, Azure MySQL
Azure Kubernetes Service: AKS
Azure Cosmos DB: Cosmos DB, CosmosDB
Azure App Service: App Service
Azure Functions: Azure Function
Azure Machine Learning: Azure ML
Azure Monitor: Log Analytics
Google BigQuery: BigQuery, Google Cloud BigQuery
Google Compute Engine: Compute Engine, GCE
Google Cloud Storage: Cloud Storage, GCS
"""

Words = tuple[str, ...]


def words_of(text: str) -> Words:
    """The text's words in lower case, without punctuation: how names and questions are compared."""
    return tuple(re.findall(r"[^\W_]+", text.casefold()))


def _read_table() -> dict[Words, str]:
    labels: dict[Words, str] = {}
    for line in _SERVICES.strip().splitlines():
        label, _, names = line.partition(": ")
        for name in (label, *names.split(", ")):
            labels[words_of(name)] = label
    return labels


# Each name's words, with the service's usual name.
SERVICE_LABELS = _read_table()


@lru_cache(maxsize=1024)  # the same few names come with every row of an export
def usual_name(service: str) -> str:
    """The service's usual name (`Amazon S3` for `Amazon Simple Storage Service`), or the name as it is."""
    return SERVICE_LABELS.get(words_of(service), service)
