"""What a program written for NVIDIA Run:ai does with data volumes, by Run:ai's own client and nothing else."""

import json
import sys
import time

from runai import models
from runai.api_client import ApiClient
from runai.configuration import Configuration
from runai.exceptions import ApiException
from runai.runai_client import RunaiClient

asked = json.loads(sys.argv[1])
client = RunaiClient(
    ApiClient(
        Configuration(
            client_id=asked["appId"],
            client_secret=asked["appSecret"],
            runai_base_url=asked["origin"],
        )
    )
)
volumes = client.datavolumes.datavolumes


def until(what, is_so):
    """Asks until it is so, at most a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come about")


def refused(status, call, *arguments, **named):
    """That a call is refused with that status."""
    try:
        call(*arguments, **named)
    except ApiException as error:
        assert error.status == status, (error.status, error.body)
    else:
        raise AssertionError(f"not refused with {status}")


# Where.
projects = client.organizations.projects.get_projects().data["projects"]
project = {each["name"]: each["id"] for each in projects}
origin, receiver = project[asked["project"]], project[asked["receiver"]]
clusters = client.organizations.clusters.get_clusters().data
cluster = next(each for each in projects if each["id"] == origin)["clusterId"]
assert cluster in [each["uuid"] for each in clusters]
classes = client.workload_assets.storage_classes.get_storage_classes_v2(cluster_id=cluster)
storage_class = classes.data["items"][0]["storageClassName"]

# The storage, and a data volume on it.
asset = client.workload_assets.pvc.create_pvc_asset(
    models.PVCCreationRequest(
        meta=models.AssetCreationRequest(name="faces", scope="project", project_id=int(origin)),
        spec=models.PVCAssetSpec(
            path="/data",
            existing_pvc=False,
            claim_name="faces-claim",
            claim_info=models.ClaimInfo(
                size="1Gi",
                storage_class=storage_class,
                access_modes=models.PvcAccessModes(read_write_many=True),
                volume_mode="Filesystem",
            ),
        ),
    )
)
assert asset.status_code == 202, asset
volumes.datavolume_name_availability(data_name="faces", cluster_id=cluster)
created = volumes.create_datavolume(
    models.DatavolumeCreationFields(
        name="faces", description="Faces", origin_pvc_name="faces-claim", project_id=origin
    )
)
assert created.status_code == 201, created
made = models.Datavolume.from_dict(created.data)
refused(409, volumes.datavolume_name_availability, data_name="faces", cluster_id=cluster)
until(
    "Ready",
    lambda: models.Datavolume.from_dict(volumes.get_datavolume(made.id).data).status.phase == "Ready",
)

# Listed.
def listed(**query):
    page = volumes.get_datavolumes(**query).data
    return [each.name for each in models.GetDatavolumes200Response.from_dict(page).datavolumes]


assert listed(
    request_type="Originated",
    filter_by=["name==faces", "phase==Ready"],
    sort_by="createdAt",
    sort_order="desc",
    limit=10,
    offset=0,
) == ["faces"]
usable = dict(request_type="UsableInProject", usable_in_project_id=receiver)
assert listed(**usable) == []
assert volumes.count_datavolumes(request_type="Originated").data["count"] == 1

# Shared, and not deleted while it is.
scope = models.SharedScopeBase(scope_type="project", scope_id=receiver)
shared = volumes.patch_datavolume_shared_scopes(made.id, models.SharedScopesPatchRequest(add=[scope]))
assert [models.SharedScope.from_dict(each).scope_id for each in shared.data] == [receiver]
assert listed(**usable) == ["faces"]
refused(409, volumes.delete_datavolume, made.id)

# Taken back, changed and deleted.
shared = volumes.patch_datavolume_shared_scopes(made.id, models.SharedScopesPatchRequest(remove=[scope]))
assert shared.data == []
assert listed(**usable) == []
changed = volumes.patch_datavolume(made.id, models.DatavolumePatchFields(description="People"))
assert changed.data["description"] == "People"
volumes.delete_datavolume(made.id)


def is_gone():
    try:
        volumes.get_datavolume(made.id)
    except ApiException as error:
        assert error.status == 404, error
        return True
    return False


until("its end", is_gone)
assert listed(request_type="Originated") == []
