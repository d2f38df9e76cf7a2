"""Google Gemini: prompts and conversations, models by either name, keys that are refused with 400."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected

GENERATE = ("Text generation", "postGenerateTextByModelId")
EMBED = ("Text embeddings", "postEmbedContent")


def gemini(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("googlegemini", answers, {"apiKey": "EXAMPLE-KEY"})


@pytest.mark.parametrize("model", ["models/gemini-2.5-pro", "gemini-2.5-pro"])
async def test_a_prompt_is_one_turn_of_a_conversation(model: str) -> None:
    answer = {"candidates": [{"content": {"parts": [{"text": "Hello"}]}}]}
    async with gemini(answer) as desk:
        result = await desk.call(*GENERATE, input={"modelId": model, "text": "Say hello."})
        assert (result.payload, result.status_code) == (answer, 200)
        assert desk.lines == ["POST /v1beta/models/gemini-2.5-pro:generateContent"]
        assert desk.sent[0].headers["x-goog-api-key"] == "EXAMPLE-KEY"
        assert desk.sent[0].body == {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]}


async def test_a_conversation_takes_the_place_of_a_prompt() -> None:
    async with gemini({}) as desk:
        turns = [{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]}]
        given = {"modelId": "m", "text": "unused", "contents": turns, "generationConfig": {"temperature": 0}}
        await desk.call(*GENERATE, input=given)
        assert desk.sent[0].body == {"contents": turns, "generationConfig": {"temperature": 0}}


async def test_embeddings_name_their_model_in_the_body_too() -> None:
    async with gemini({"embedding": {"values": [0.5]}}) as desk:
        given = {"modelId": "models/embedding-001", "content": {"parts": [{"text": "hello "}]}}
        result = await desk.call(*EMBED, input=given)
        assert result.payload == {"embedding": {"values": [0.5]}}
        assert desk.lines == ["POST /v1beta/models/embedding-001:embedContent"]
        assert desk.sent[0].body == {"model": "models/embedding-001", "content": given["content"]}


async def test_a_models_name_leads_nowhere_else() -> None:
    async with gemini({}) as desk:
        await desk.call(*GENERATE, input={"modelId": "models/../files?x=", "text": "a"})
        assert desk.lines == ["POST /v1beta/models/..%2Ffiles%3Fx%3D:generateContent"]


@pytest.mark.parametrize(
    ("status", "reason", "word"),
    [
        (400, "API_KEY_INVALID", AuthFailed), (400, "BAD", Rejected), (403, "SERVICE_DISABLED", AuthFailed),
        (404, "NOT_FOUND", NotFound), (429, "RATE_LIMIT_EXCEEDED", RateLimited),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_in_googles_words(status: int, reason: str, word: type[ActionFailed]) -> None:
    details = [{"reason": reason}, {"retryDelay": "39.5s"}]
    body = {"error": {"code": status, "message": "so it is", "status": "X", "details": details}}
    async with gemini(*[Answer(body, status)] * 3) as desk:
        with pytest.raises(word, match="so it is") as caught:
            await desk.call(*GENERATE, input={"modelId": "m", "text": "a"})
        assert type(caught.value) is word
        assert "EXAMPLE-KEY" not in str(caught.value)
        if isinstance(caught.value, RateLimited):
            assert caught.value.retry_after == 39.5
