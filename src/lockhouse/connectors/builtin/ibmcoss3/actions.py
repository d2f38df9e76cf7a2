"""The actions on buckets and objects of IBM Cloud Object Storage S3."""

from lockhouse.connectors.s3.actions import ObjectActions

_store = ObjectActions("https://s3.{region}.cloud-object-storage.appdomain.cloud")

create = _store.create
retrieve = _store.retrieve
upsert = _store.upsert
delete = _store.delete
download = _store.download
create_bucket = _store.create_bucket
retrieve_buckets = _store.retrieve_buckets
check = _store.check
