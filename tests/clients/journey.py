"""A second real client: python grpcio, with nothing but what reflection tells it.

Usage: journey.py ADDRESS [IATI_FILE]. Without a file the import is left out. What writes sends the access token in REGISTAN_TOKEN.
Prints one line a check, ends with 1 if one fails.
"""

import os
import sys
import time

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

ADDRESS = sys.argv[1]
CHANNEL = grpc.insecure_channel(ADDRESS)
DATABASE = ProtoReflectionDescriptorDatabase(CHANNEL)
POOL = DescriptorPool(DATABASE)
SERVICES = DATABASE.get_services()
WRITER = {"metadata": [("authorization", "Bearer " + os.environ["REGISTAN_TOKEN"])]}
FAILED = []


def check(what, holds):
    print(("ok  " if holds else "BAD ") + what)
    if not holds:
        FAILED.append(what)


def has(service):
    return f"registan.{service}" in SERVICES


def method(name):
    """`agreements.v1.PartyService/GetParty` -> request class, multicallable."""
    service_name, method_name = name.split("/")
    service = POOL.FindServiceByName(f"registan.{service_name}")
    descriptor = service.FindMethodByName(method_name)
    request = message_factory.GetMessageClass(descriptor.input_type)
    response = message_factory.GetMessageClass(descriptor.output_type)
    make = CHANNEL.stream_unary if descriptor.client_streaming else CHANNEL.unary_unary
    call = make(f"/registan.{name}", request_serializer=request.SerializeToString, response_deserializer=response.FromString)
    return request, call


def refusal(call, request, **arguments):
    try:
        call(request, **arguments)
    except grpc.RpcError as error:
        return error
    return None


def details(error):
    """The google.rpc details of a refusal, by their type."""
    found = {}
    status = rpc_status.from_call(error)
    for packed in status.details if status else []:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.ResourceInfo):
            if packed.Is(kind.DESCRIPTOR):
                message = kind()
                packed.Unpack(message)
                found[kind.DESCRIPTOR.name] = message
    return found


def agreements():
    request, call = method("agreements.v1.AgreementService/GetAgreement")
    answer, rpc = call.with_call(request(name="agreements/eu-kz-epca-2015"))
    metadata = dict(rpc.initial_metadata())
    check("unary: the Kazakh EPCA has milestones", len(answer.milestones) > 5)
    check("the answer names its read time", metadata.get("registan-read-time", "").endswith("Z"))
    missing = refusal(call, request(name="agreements/none"))
    check("missing is NOT_FOUND with ResourceInfo", missing.code() == grpc.StatusCode.NOT_FOUND
          and details(missing)["ResourceInfo"].resource_name == "agreements/none")
    request, call = method("agreements.v1.AgreementService/ListAgreements")
    names, token = [], ""
    while True:
        page = call(request(page_size=7, page_token=token, order_by="title"))
        names += [agreement.name for agreement in page.agreements]
        token = page.next_page_token
        if not token:
            break
    whole = [agreement.name for agreement in call(request(page_size=1000, order_by="title")).agreements]
    check(f"pages of 7 give the same {len(whole)} agreements", names == whole)
    wrong = refusal(call, request(filter="title = 1 AND nope = 2"))
    violations = details(wrong)["BadRequest"].field_violations
    check("a wrong filter is refused with its place", details(wrong)["ErrorInfo"].reason == "FILTER_INVALID"
          and "at byte 14" in violations[0].description)


def projects(file):
    request, call = method("projects.v1.ProjectService/ListProjects")
    check("projects that KG gains from", len(call(request(filter="recipients:KG")).projects) > 5)
    if file is None:
        return
    request, call = method("projects.v1.ProjectService/ImportIati")

    def messages():
        yield request(options={"file_name": "journey.xml"})
        with open(file, "rb") as data:
            while chunk := data.read(1000):
                yield request(data=chunk)

    first = call(messages(), **WRITER)
    check(f"client stream: {first.activities} activities imported", first.activities > 0
          and first.created + first.updated + first.unchanged + first.skipped == first.activities)
    second = call(messages(), **WRITER)
    check("a second import changes nothing", second.created == 0 and second.updated == 0
          and second.transactions_created == 0)

    def endless():
        yield request(options={"file_name": "endless.xml"})
        time.sleep(3)

    began = time.monotonic()
    late = refusal(call, endless(), timeout=0.3, **WRITER)
    check("a deadline ends a stream", late.code() == grpc.StatusCode.DEADLINE_EXCEEDED and time.monotonic() - began < 2)
    no_options = refusal(call, iter([request(data=b"<x/>")]), **WRITER)
    check("a stream without options is refused", no_options.code() == grpc.StatusCode.INVALID_ARGUMENT)
    request, call = method("projects.v1.TransactionService/SumTransactions")
    check("transactions are summed", len(call(request(group_by=["DIMENSION_RECIPIENT"])).sums) > 0)


def rights():
    request, call = method("rights.v1.RecommendationService/ListRecommendations")
    check("calls on the delegations", len(call(request(filter="addressees:EU_DELEGATIONS")).recommendations) >= 5)
    request, call = method("rights.v1.ActivityService/CreateActivity")
    nobody = refusal(call, request(activity={"kind": 99}))
    check("who writes must say who they are", nobody.code() == grpc.StatusCode.UNAUTHENTICATED
          and details(nobody)["ErrorInfo"].reason == "TOKEN_MISSING")
    wrong = refusal(call, request(activity={"kind": 99}), **WRITER)
    fields = [violation.field for violation in details(wrong)["BadRequest"].field_violations]
    check("every violation is said at once", "activity.kind" in fields and "activity.source" in fields)


def partnership():
    request, call = method("partnership.v1.PartnershipService/GetBrief")
    brief = call(request(party="parties/tm"))
    parts = [brief.law.status, brief.money.status, brief.rights.status]
    check("the brief on Turkmenistan is complete but for small counts and calls that are not recorded",
          [part.completeness for part in parts] == [1, 1, 2] and [gap.kind for gap in parts[2].gaps] == [7, 8])
    unknown = CHANNEL.unary_unary("/registan.nothing.v1.None/Nothing")
    check("an unknown service is UNIMPLEMENTED", refusal(unknown, b"").code() == grpc.StatusCode.UNIMPLEMENTED)


check("reflection lists services", "grpc.health.v1.Health" in SERVICES)
if has("agreements.v1.AgreementService"):
    agreements()
if has("projects.v1.ProjectService"):
    projects(sys.argv[2] if len(sys.argv) > 2 else None)
if has("rights.v1.RecommendationService"):
    rights()
if has("partnership.v1.PartnershipService"):
    partnership()
sys.exit(1 if FAILED else 0)
