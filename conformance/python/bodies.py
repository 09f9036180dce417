"""Request bodies as the SDK's objects, from what the scenario says."""

from huaweicloudsdkcdm.v1 import (
    CdmCreateAndUpdateLinkReq,
    CdmCreateClusterReq,
    CdmCreateClusterReqCluster,
    Configs,
    ConfigValues,
    Datastore,
    Input,
    Instance,
    Job,
    Links,
    LinksLinkconfigvalues,
    Nics,
)


def cluster_body(wanted, name, flavor_id=None):
    node = Instance(
        type="cdm",
        flavor_ref=flavor_id or wanted["flavorId"],
        availability_zone=wanted["availabilityZone"],
        nics=[Nics(security_group_id=wanted["securityGroupId"], net_id=wanted["subnetId"])],
    )
    cluster = CdmCreateClusterReqCluster(
        name=name,
        vpc_id=wanted["vpcId"],
        is_auto_off=False,
        is_schedule_boot_off=False,
        datastore=Datastore(type="cdm", version=wanted["version"]),
        instances=[node],
    )
    return CdmCreateClusterReq(cluster=cluster, auto_remind=False)


def configs(groups):
    return [
        Configs(name=group["name"], inputs=[Input(name=i["name"], value=i["value"]) for i in group["inputs"]])
        for group in groups
    ]


def link_body(link, without_secret=False):
    groups = link["configs"]
    if without_secret:
        groups = [
            {"name": g["name"], "inputs": [i for i in g["inputs"] if i["value"] != link["secret"]]} for g in groups
        ]
    return CdmCreateAndUpdateLinkReq(
        links=[
            Links(
                name=link["name"],
                connector_name=link["connector"],
                enabled=True,
                link_config_values=LinksLinkconfigvalues(configs=configs(groups)),
            )
        ]
    )


def job_model(job, job_type="NORMAL_JOB"):
    return Job(
        name=job["name"],
        job_type=job_type,
        from_connector_name=job["fromConnector"],
        from_link_name=job["fromLink"],
        from_config_values=ConfigValues(configs=configs(job["from"])),
        to_connector_name=job["toConnector"],
        to_link_name=job["toLink"],
        to_config_values=ConfigValues(configs=configs(job["to"])),
        driver_config_values=ConfigValues(configs=configs(job["driver"])),
    )
