"""A user's jobs, listed over a real WebSocket through the deployed stack."""

from local_cloud.conversation import conversation
from local_cloud.journey_stack import JourneyStack


async def test_jobs_are_listed_newest_first_a_page_at_a_time(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token("historian"))
        asked = [(await client.job(f"What did it cost in week {week}?"))[-1] for week in range(5)]
        pages = [await client.ask({"action": "list_jobs", "limit": 2})]
        while "cursor" in pages[-1]:
            pages.append(await client.ask({"action": "list_jobs", "limit": 2, "cursor": pages[-1]["cursor"]}))

    listed = [job for page in pages for job in page["jobs"]]
    assert [len(page["jobs"]) for page in pages] == [2, 2, 1]
    assert {(job["jobId"], job["seq"]) for job in listed} == {(end["jobId"], end["seq"]) for end in asked}
    created = [job["createdAt"] for job in listed]
    assert created == sorted(created, reverse=True)
    assert {job["status"] for job in listed} == {"completed"}


async def test_list_is_of_the_user_s_own_jobs_and_a_cursor_opens_no_other(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token("historian"))
        mine = (await client.job("What did it cost?"))[-1]
        cursor = (await client.ask({"action": "list_jobs", "limit": 1}))["cursor"]
    async with conversation(stack.url) as other:
        await other.sign_in(stack.token("newcomer"))
        empty = await other.ask({"action": "list_jobs"})
        from_there = await other.ask({"action": "list_jobs", "cursor": cursor})
        theirs = (await other.job("What did it cost?"))[-1]
        listed = await other.ask({"action": "list_jobs"})

    assert empty["jobs"] == from_there["jobs"] == []
    assert [job["jobId"] for job in listed["jobs"]] == [theirs["jobId"]]
    assert theirs["jobId"] != mine["jobId"]


async def test_list_needs_a_token_and_a_cursor_that_is_one(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        stranger = await client.ask({"action": "list_jobs"})
        await client.ask({"action": "authenticate", "userId": "test-user"})
        claimed = await client.ask({"action": "list_jobs"})
        await client.sign_in(stack.token("historian"))
        refused = await client.ask({"action": "list_jobs", "cursor": "next-page"})
        too_many = await client.ask({"action": "list_jobs", "limit": 51})

    assert [message["code"] for message in (stranger, claimed, refused, too_many)] == [
        "UNAUTHENTICATED",
        "UNAUTHENTICATED",
        "INVALID_MESSAGE",
        "INVALID_MESSAGE",
    ]
    assert too_many["message"] == "The field limit must not be more than 50."
