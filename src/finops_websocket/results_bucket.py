"""The bucket of texts that are too large for a message or an item."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

# The contract's hour for which a link to a large answer works.
_LINK_SECONDS = 3600


class ResultsBucket:
    """Keeps texts. Its calls raise botocore's ClientError when S3 refuses."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        """Keep the client and the bucket's name."""
        self._s3 = s3
        self._bucket = bucket

    def put(self, key: str, text: str) -> str:
        """Store a text unless there is one under the key already, and give the one that is there.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=text.encode(),
                ContentType="text/markdown; charset=utf-8",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.PRECONDITION_FAILED:
                raise
            return self.get(key)
        return text

    def get(self, key: str) -> str:
        """Read a text."""
        return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read().decode()

    def link(self, key: str) -> str:
        """Make an address under which anybody can read the text for an hour. No call to S3."""
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=_LINK_SECONDS
        )
