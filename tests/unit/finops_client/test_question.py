from finops_client.question import Question


def test_the_message_carries_the_request_id_each_time() -> None:
    asked = Question("request-1", "Why?")
    assert asked.message() == asked.message()
    assert asked.message() == {"action": "finops_query", "query": "Why?", "requestId": "request-1"}
    assert Question("request-1", "Why?", ("a",)).message()["agents"] == ["a"]
