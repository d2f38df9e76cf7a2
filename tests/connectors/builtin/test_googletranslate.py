"""Google Translate: texts, documents and languages, at a place of the account's project."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, RateLimited, Rejected

TEXT = ("postLocationsUsCentral1translateText_model", "postLocationsUsCentral1translateText")
DOCUMENT = ("postLocationsUsCentral1translateDocument_model", "postLocationsUsCentral1translateDocument")
LANGUAGE = ("postLocationsGlobaldetectLanguage_model", "postLocationsGlobaldetectLanguage")
PLACE = "/v3/projects/my-project/locations/us-central1"


def translate(*answers: Any, project: str = "my-project") -> AbstractAsyncContextManager[Vendor]:
    return vendor("googletranslate", answers, endpoint={"projectId": project})


@pytest.mark.parametrize("contents", ["Guten Tag", ["Guten Tag"]])
async def test_one_text_or_several_are_translated(contents: Any) -> None:
    answer = {"translations": [{"translatedText": "Good day", "detectedLanguageCode": "de"}]}
    async with translate(answer) as desk:
        given = {
            "contents": contents, "locationName": "us-central1", "mimeType": "text/html",
            "targetLanguageCode": "en",
        }  # fmt: skip
        result = await desk.call(*TEXT, input=given)
        assert (result.payload, result.status_code) == (answer, 200)
        assert desk.lines == [f"POST {PLACE}:translateText"]
        assert desk.sent[0].host == "translation.googleapis.com"
        assert desk.sent[0].body == {
            "contents": ["Guten Tag"], "mimeType": "text/html", "targetLanguageCode": "en",
        }  # fmt: skip


async def test_a_document_goes_as_it_came_and_a_language_is_told() -> None:
    async with translate({"documentTranslation": {}}, {"languages": []}) as desk:
        config = {"content": "RVhBTVBMRQ==", "mimeType": "application/pdf"}
        given = {
            "documentInputConfig": config, "locationName": "us-central1", "sourceLanguageCode": "en",
            "targetLanguageCode": "mr",
        }  # fmt: skip
        await desk.call(*DOCUMENT, input=given)
        await desk.call(*LANGUAGE, input={"content": "Guten Tag", "locationName": "us-central1"})
        assert desk.lines == [f"POST {PLACE}:translateDocument", f"POST {PLACE}:detectLanguage"]
        assert desk.sent[0].body["documentInputConfig"] == config
        assert desk.sent[1].body == {"content": "Guten Tag"}


async def test_neither_project_nor_place_leads_elsewhere() -> None:
    async with translate({"languages": []}, project="a/../b?c") as desk:
        given = {"content": "x", "locationName": "eu/../../x?y"}
        await desk.call(*LANGUAGE, input=given)
        assert desk.lines == [
            "POST /v3/projects/a%2F..%2Fb%3Fc/locations/eu%2F..%2F..%2Fx%3Fy:detectLanguage"
        ]


async def test_what_is_missing_is_told_at_once() -> None:
    async with translate() as desk:
        with pytest.raises(Rejected, match="contents, targetLanguageCode"):
            await desk.call(*TEXT, input={"locationName": "global"})
        assert desk.sent == []


@pytest.mark.parametrize(
    ("status", "said", "word"),
    [
        (401, "UNAUTHENTICATED", AuthFailed), (403, "PERMISSION_DENIED", AuthFailed),
        (400, "INVALID_ARGUMENT", Rejected), (429, "RESOURCE_EXHAUSTED", RateLimited),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_in_googles_words(status: int, said: str, word: type[ActionFailed]) -> None:
    body = {"error": {"code": status, "message": "so it is", "status": said}}
    async with translate(*[Answer(body, status)] * 3) as desk:
        with pytest.raises(word, match="so it is") as caught:
            await desk.call(*LANGUAGE, input={"content": "x", "locationName": "global"})
        assert type(caught.value) is word
