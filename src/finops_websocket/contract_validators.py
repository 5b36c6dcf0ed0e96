"""Validators of the messages that clients send, one function each.

Made by tools/compile_contract.py from contract/messages.schema.json, with fastjsonschema
2.22.3. Do not edit: change the contract and compile it again.
Each function returns a valid message and raises fastjsonschema.JsonSchemaValueException on any other value.
"""

# mypy: ignore-errors
from typing import Any

VERSION = "2.22.3"
from decimal import Decimal
import re
from fastjsonschema import JsonSchemaValueException, JsonSchemaValuesException


REGEX_PATTERNS = {
    '\\S': re.compile('\\S')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix=None):
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "Authenticate" in data_keys:
            data_keys.remove("Authenticate")
            data__Authenticate = data["Authenticate"]
            validate___definitions_authenticate(data__Authenticate, custom_formats, (name_prefix or "data") + ".Authenticate")
        if "Ping" in data_keys:
            data_keys.remove("Ping")
            data__Ping = data["Ping"]
            validate___definitions_ping(data__Ping, custom_formats, (name_prefix or "data") + ".Ping")
        if "FinopsQuery" in data_keys:
            data_keys.remove("FinopsQuery")
            data__FinopsQuery = data["FinopsQuery"]
            validate___definitions_finopsquery(data__FinopsQuery, custom_formats, (name_prefix or "data") + ".FinopsQuery")
        if "ResumeJob" in data_keys:
            data_keys.remove("ResumeJob")
            data__ResumeJob = data["ResumeJob"]
            validate___definitions_resumejob(data__ResumeJob, custom_formats, (name_prefix or "data") + ".ResumeJob")
        if "CancelJob" in data_keys:
            data_keys.remove("CancelJob")
            data__CancelJob = data["CancelJob"]
            validate___definitions_canceljob(data__CancelJob, custom_formats, (name_prefix or "data") + ".CancelJob")
        if "ListJobs" in data_keys:
            data_keys.remove("ListJobs")
            data__ListJobs = data["ListJobs"]
            validate___definitions_listjobs(data__ListJobs, custom_formats, (name_prefix or "data") + ".ListJobs")
    return data

def validate___definitions_listjobs(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'description': "Asks for the user's jobs, newest first, 20 of them without a limit; answered with JobList. Needs a verified token", 'type': 'object', 'required': ['action'], 'properties': {'action': {'const': 'list_jobs'}, 'limit': {'type': 'integer', 'minimum': 1, 'maximum': 50}, 'cursor': {'type': 'string', 'minLength': 1, 'maxLength': 2048, 'description': 'The cursor of a JobList, to go on after it'}}}, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['action']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'description': "Asks for the user's jobs, newest first, 20 of them without a limit; answered with JobList. Needs a verified token", 'type': 'object', 'required': ['action'], 'properties': {'action': {'const': 'list_jobs'}, 'limit': {'type': 'integer', 'minimum': 1, 'maximum': 50}, 'cursor': {'type': 'string', 'minLength': 1, 'maxLength': 2048, 'description': 'The cursor of a JobList, to go on after it'}}}, rule='required')
        data_keys = set(data.keys())
        if "action" in data_keys:
            data_keys.remove("action")
            data__action = data["action"]
            if not (isinstance(data__action, str) and data__action == 'list_jobs'):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".action must be same as const definition: list_jobs", value=data__action, name="" + (name_prefix or "data") + ".action", definition={'const': 'list_jobs'}, rule='const')
        if "limit" in data_keys:
            data_keys.remove("limit")
            data__limit = data["limit"]
            if not isinstance(data__limit, (int)) and not (isinstance(data__limit, float) and data__limit.is_integer()) or isinstance(data__limit, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be integer", value=data__limit, name="" + (name_prefix or "data") + ".limit", definition={'type': 'integer', 'minimum': 1, 'maximum': 50}, rule='type')
            if isinstance(data__limit, (int, float, Decimal)) and not isinstance(data__limit, bool):
                if data__limit < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be bigger than or equal to 1", value=data__limit, name="" + (name_prefix or "data") + ".limit", definition={'type': 'integer', 'minimum': 1, 'maximum': 50}, rule='minimum')
                if data__limit > 50:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be smaller than or equal to 50", value=data__limit, name="" + (name_prefix or "data") + ".limit", definition={'type': 'integer', 'minimum': 1, 'maximum': 50}, rule='maximum')
        if "cursor" in data_keys:
            data_keys.remove("cursor")
            data__cursor = data["cursor"]
            if not isinstance(data__cursor, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".cursor must be string", value=data__cursor, name="" + (name_prefix or "data") + ".cursor", definition={'type': 'string', 'minLength': 1, 'maxLength': 2048, 'description': 'The cursor of a JobList, to go on after it'}, rule='type')
            if isinstance(data__cursor, str):
                data__cursor_len = len(data__cursor)
                if data__cursor_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".cursor must be longer than or equal to 1 characters", value=data__cursor, name="" + (name_prefix or "data") + ".cursor", definition={'type': 'string', 'minLength': 1, 'maxLength': 2048, 'description': 'The cursor of a JobList, to go on after it'}, rule='minLength')
                if data__cursor_len > 2048:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".cursor must be shorter than or equal to 2048 characters", value=data__cursor, name="" + (name_prefix or "data") + ".cursor", definition={'type': 'string', 'minLength': 1, 'maxLength': 2048, 'description': 'The cursor of a JobList, to go on after it'}, rule='maxLength')
    return data

def validate___definitions_canceljob(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'description': 'Ends a job that is not finished; answered with JobCancelled, however often it is sent', 'type': 'object', 'required': ['action', 'jobId'], 'properties': {'action': {'const': 'cancel_job'}, 'jobId': {'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': 'A random UUID that the server makes; a client may send back what it was given, of at most 128 characters'}}}, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['action', 'jobId']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'description': 'Ends a job that is not finished; answered with JobCancelled, however often it is sent', 'type': 'object', 'required': ['action', 'jobId'], 'properties': {'action': {'const': 'cancel_job'}, 'jobId': {'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': 'A random UUID that the server makes; a client may send back what it was given, of at most 128 characters'}}}, rule='required')
        data_keys = set(data.keys())
        if "action" in data_keys:
            data_keys.remove("action")
            data__action = data["action"]
            if not (isinstance(data__action, str) and data__action == 'cancel_job'):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".action must be same as const definition: cancel_job", value=data__action, name="" + (name_prefix or "data") + ".action", definition={'const': 'cancel_job'}, rule='const')
        if "jobId" in data_keys:
            data_keys.remove("jobId")
            data__jobId = data["jobId"]
            validate___definitions_jobid(data__jobId, custom_formats, (name_prefix or "data") + ".jobId")
    return data

def validate___definitions_jobid(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': 'A random UUID that the server makes; a client may send back what it was given, of at most 128 characters'}, rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be longer than or equal to 1 characters", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': 'A random UUID that the server makes; a client may send back what it was given, of at most 128 characters'}, rule='minLength')
        if data_len > 128:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 128 characters", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': 'A random UUID that the server makes; a client may send back what it was given, of at most 128 characters'}, rule='maxLength')
    return data

def validate___definitions_resumejob(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'description': "Asks for a job's whole state and, if it is unfinished, follows it from there; answered with JobSnapshot", 'type': 'object', 'required': ['action', 'jobId'], 'properties': {'action': {'const': 'resume_job'}, 'jobId': {'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': 'A random UUID that the server makes; a client may send back what it was given, of at most 128 characters'}}}, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['action', 'jobId']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'description': "Asks for a job's whole state and, if it is unfinished, follows it from there; answered with JobSnapshot", 'type': 'object', 'required': ['action', 'jobId'], 'properties': {'action': {'const': 'resume_job'}, 'jobId': {'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': 'A random UUID that the server makes; a client may send back what it was given, of at most 128 characters'}}}, rule='required')
        data_keys = set(data.keys())
        if "action" in data_keys:
            data_keys.remove("action")
            data__action = data["action"]
            if not (isinstance(data__action, str) and data__action == 'resume_job'):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".action must be same as const definition: resume_job", value=data__action, name="" + (name_prefix or "data") + ".action", definition={'const': 'resume_job'}, rule='const')
        if "jobId" in data_keys:
            data_keys.remove("jobId")
            data__jobId = data["jobId"]
            validate___definitions_jobid(data__jobId, custom_formats, (name_prefix or "data") + ".jobId")
    return data

def validate___definitions_finopsquery(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'description': 'Asks a question. Answered with JobQueued, or with JobFailed if it is refused', 'type': 'object', 'required': ['action', 'query'], 'properties': {'action': {'const': 'finops_query'}, 'query': {'type': 'string', 'minLength': 1, 'maxLength': 4000, 'pattern': '\\S'}, 'requestId': {'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': "The client's own id of a question. The same id from the same user is the same job, however often it is sent. Where nobody proves who asks (AuthMode=open), an id of fewer than 32 characters counts on its own connection only: it could be guessed. Best a random UUID"}, 'agents': {'type': 'array', 'items': {'type': 'string', 'minLength': 1, 'maxLength': 140, 'description': "An agent's name: its Lambda function's name"}, 'minItems': 1, 'maxItems': 10, 'description': "The agents to ask; without it the question's words decide"}, 'userId': {'type': 'string', 'minLength': 1, 'maxLength': 256}, 'username': {'type': 'string', 'minLength': 1, 'maxLength': 256}, 'timestamp': {'type': 'number'}}}, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['action', 'query']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'description': 'Asks a question. Answered with JobQueued, or with JobFailed if it is refused', 'type': 'object', 'required': ['action', 'query'], 'properties': {'action': {'const': 'finops_query'}, 'query': {'type': 'string', 'minLength': 1, 'maxLength': 4000, 'pattern': '\\S'}, 'requestId': {'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': "The client's own id of a question. The same id from the same user is the same job, however often it is sent. Where nobody proves who asks (AuthMode=open), an id of fewer than 32 characters counts on its own connection only: it could be guessed. Best a random UUID"}, 'agents': {'type': 'array', 'items': {'type': 'string', 'minLength': 1, 'maxLength': 140, 'description': "An agent's name: its Lambda function's name"}, 'minItems': 1, 'maxItems': 10, 'description': "The agents to ask; without it the question's words decide"}, 'userId': {'type': 'string', 'minLength': 1, 'maxLength': 256}, 'username': {'type': 'string', 'minLength': 1, 'maxLength': 256}, 'timestamp': {'type': 'number'}}}, rule='required')
        data_keys = set(data.keys())
        if "action" in data_keys:
            data_keys.remove("action")
            data__action = data["action"]
            if not (isinstance(data__action, str) and data__action == 'finops_query'):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".action must be same as const definition: finops_query", value=data__action, name="" + (name_prefix or "data") + ".action", definition={'const': 'finops_query'}, rule='const')
        if "query" in data_keys:
            data_keys.remove("query")
            data__query = data["query"]
            if not isinstance(data__query, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".query must be string", value=data__query, name="" + (name_prefix or "data") + ".query", definition={'type': 'string', 'minLength': 1, 'maxLength': 4000, 'pattern': '\\S'}, rule='type')
            if isinstance(data__query, str):
                data__query_len = len(data__query)
                if data__query_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".query must be longer than or equal to 1 characters", value=data__query, name="" + (name_prefix or "data") + ".query", definition={'type': 'string', 'minLength': 1, 'maxLength': 4000, 'pattern': '\\S'}, rule='minLength')
                if data__query_len > 4000:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".query must be shorter than or equal to 4000 characters", value=data__query, name="" + (name_prefix or "data") + ".query", definition={'type': 'string', 'minLength': 1, 'maxLength': 4000, 'pattern': '\\S'}, rule='maxLength')
                if not REGEX_PATTERNS['\\S'].search(data__query):
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".query must match pattern \\S", value=data__query, name="" + (name_prefix or "data") + ".query", definition={'type': 'string', 'minLength': 1, 'maxLength': 4000, 'pattern': '\\S'}, rule='pattern')
        if "requestId" in data_keys:
            data_keys.remove("requestId")
            data__requestId = data["requestId"]
            validate___definitions_requestid(data__requestId, custom_formats, (name_prefix or "data") + ".requestId")
        if "agents" in data_keys:
            data_keys.remove("agents")
            data__agents = data["agents"]
            if not isinstance(data__agents, (list, tuple)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".agents must be array", value=data__agents, name="" + (name_prefix or "data") + ".agents", definition={'type': 'array', 'items': {'type': 'string', 'minLength': 1, 'maxLength': 140, 'description': "An agent's name: its Lambda function's name"}, 'minItems': 1, 'maxItems': 10, 'description': "The agents to ask; without it the question's words decide"}, rule='type')
            data__agents_is_list = isinstance(data__agents, (list, tuple))
            if data__agents_is_list:
                data__agents_len = len(data__agents)
                if data__agents_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".agents must contain at least 1 items", value=data__agents, name="" + (name_prefix or "data") + ".agents", definition={'type': 'array', 'items': {'type': 'string', 'minLength': 1, 'maxLength': 140, 'description': "An agent's name: its Lambda function's name"}, 'minItems': 1, 'maxItems': 10, 'description': "The agents to ask; without it the question's words decide"}, rule='minItems')
                if data__agents_len > 10:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".agents must contain less than or equal to 10 items", value=data__agents, name="" + (name_prefix or "data") + ".agents", definition={'type': 'array', 'items': {'type': 'string', 'minLength': 1, 'maxLength': 140, 'description': "An agent's name: its Lambda function's name"}, 'minItems': 1, 'maxItems': 10, 'description': "The agents to ask; without it the question's words decide"}, rule='maxItems')
                for data__agents_x, data__agents_item in enumerate(data__agents):
                    validate___definitions_agentname(data__agents_item, custom_formats, (name_prefix or "data") + ".agents[{data__agents_x}]".format(**locals()))
        if "userId" in data_keys:
            data_keys.remove("userId")
            data__userId = data["userId"]
            if not isinstance(data__userId, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".userId must be string", value=data__userId, name="" + (name_prefix or "data") + ".userId", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='type')
            if isinstance(data__userId, str):
                data__userId_len = len(data__userId)
                if data__userId_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".userId must be longer than or equal to 1 characters", value=data__userId, name="" + (name_prefix or "data") + ".userId", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='minLength')
                if data__userId_len > 256:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".userId must be shorter than or equal to 256 characters", value=data__userId, name="" + (name_prefix or "data") + ".userId", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='maxLength')
        if "username" in data_keys:
            data_keys.remove("username")
            data__username = data["username"]
            if not isinstance(data__username, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".username must be string", value=data__username, name="" + (name_prefix or "data") + ".username", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='type')
            if isinstance(data__username, str):
                data__username_len = len(data__username)
                if data__username_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".username must be longer than or equal to 1 characters", value=data__username, name="" + (name_prefix or "data") + ".username", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='minLength')
                if data__username_len > 256:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".username must be shorter than or equal to 256 characters", value=data__username, name="" + (name_prefix or "data") + ".username", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='maxLength')
        if "timestamp" in data_keys:
            data_keys.remove("timestamp")
            data__timestamp = data["timestamp"]
            if not isinstance(data__timestamp, (int, float, Decimal)) or isinstance(data__timestamp, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".timestamp must be number", value=data__timestamp, name="" + (name_prefix or "data") + ".timestamp", definition={'type': 'number'}, rule='type')
    return data

def validate___definitions_agentname(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 140, 'description': "An agent's name: its Lambda function's name"}, rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be longer than or equal to 1 characters", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 140, 'description': "An agent's name: its Lambda function's name"}, rule='minLength')
        if data_len > 140:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 140 characters", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 140, 'description': "An agent's name: its Lambda function's name"}, rule='maxLength')
    return data

def validate___definitions_requestid(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': "The client's own id of a question. The same id from the same user is the same job, however often it is sent. Where nobody proves who asks (AuthMode=open), an id of fewer than 32 characters counts on its own connection only: it could be guessed. Best a random UUID"}, rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be longer than or equal to 1 characters", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': "The client's own id of a question. The same id from the same user is the same job, however often it is sent. Where nobody proves who asks (AuthMode=open), an id of fewer than 32 characters counts on its own connection only: it could be guessed. Best a random UUID"}, rule='minLength')
        if data_len > 128:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 128 characters", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 128, 'description': "The client's own id of a question. The same id from the same user is the same job, however often it is sent. Where nobody proves who asks (AuthMode=open), an id of fewer than 32 characters counts on its own connection only: it could be guessed. Best a random UUID"}, rule='maxLength')
    return data

def validate___definitions_ping(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'description': 'Keeps an idle connection open; answered with Pong', 'type': 'object', 'required': ['action'], 'properties': {'action': {'const': 'ping'}, 'timestamp': {'type': 'number'}}}, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['action']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'description': 'Keeps an idle connection open; answered with Pong', 'type': 'object', 'required': ['action'], 'properties': {'action': {'const': 'ping'}, 'timestamp': {'type': 'number'}}}, rule='required')
        data_keys = set(data.keys())
        if "action" in data_keys:
            data_keys.remove("action")
            data__action = data["action"]
            if not (isinstance(data__action, str) and data__action == 'ping'):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".action must be same as const definition: ping", value=data__action, name="" + (name_prefix or "data") + ".action", definition={'const': 'ping'}, rule='const')
        if "timestamp" in data_keys:
            data_keys.remove("timestamp")
            data__timestamp = data["timestamp"]
            if not isinstance(data__timestamp, (int, float, Decimal)) or isinstance(data__timestamp, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".timestamp must be number", value=data__timestamp, name="" + (name_prefix or "data") + ".timestamp", definition={'type': 'number'}, rule='type')
    return data

def validate___definitions_authenticate(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'description': 'Says who is asking. With a token the connection becomes verified; userId and username without a token are taken without proof', 'type': 'object', 'required': ['action'], 'properties': {'action': {'const': 'authenticate'}, 'token': {'type': 'string', 'minLength': 1, 'maxLength': 16384, 'description': 'Cognito ID or access token'}, 'userId': {'type': 'string', 'minLength': 1, 'maxLength': 256}, 'username': {'type': 'string', 'minLength': 1, 'maxLength': 256}}, 'anyOf': [{'required': ['token']}, {'required': ['userId']}]}, rule='type')
    data_any_of_count1 = 0
    if not data_any_of_count1:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['token']) - data.keys()
                if data__missing_keys:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['token']}, rule='required')
            data_any_of_count1 += 1
        except (JsonSchemaValueException, JsonSchemaValuesException): pass
    if not data_any_of_count1:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['userId']) - data.keys()
                if data__missing_keys:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['userId']}, rule='required')
            data_any_of_count1 += 1
        except (JsonSchemaValueException, JsonSchemaValuesException): pass
    if not data_any_of_count1:
        raise JsonSchemaValueException("" + (name_prefix or "data") + " cannot be validated by any definition", value=data, name="" + (name_prefix or "data") + "", definition={'description': 'Says who is asking. With a token the connection becomes verified; userId and username without a token are taken without proof', 'type': 'object', 'required': ['action'], 'properties': {'action': {'const': 'authenticate'}, 'token': {'type': 'string', 'minLength': 1, 'maxLength': 16384, 'description': 'Cognito ID or access token'}, 'userId': {'type': 'string', 'minLength': 1, 'maxLength': 256}, 'username': {'type': 'string', 'minLength': 1, 'maxLength': 256}}, 'anyOf': [{'required': ['token']}, {'required': ['userId']}]}, rule='anyOf')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['action']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'description': 'Says who is asking. With a token the connection becomes verified; userId and username without a token are taken without proof', 'type': 'object', 'required': ['action'], 'properties': {'action': {'const': 'authenticate'}, 'token': {'type': 'string', 'minLength': 1, 'maxLength': 16384, 'description': 'Cognito ID or access token'}, 'userId': {'type': 'string', 'minLength': 1, 'maxLength': 256}, 'username': {'type': 'string', 'minLength': 1, 'maxLength': 256}}, 'anyOf': [{'required': ['token']}, {'required': ['userId']}]}, rule='required')
        data_keys = set(data.keys())
        if "action" in data_keys:
            data_keys.remove("action")
            data__action = data["action"]
            if not (isinstance(data__action, str) and data__action == 'authenticate'):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".action must be same as const definition: authenticate", value=data__action, name="" + (name_prefix or "data") + ".action", definition={'const': 'authenticate'}, rule='const')
        if "token" in data_keys:
            data_keys.remove("token")
            data__token = data["token"]
            if not isinstance(data__token, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".token must be string", value=data__token, name="" + (name_prefix or "data") + ".token", definition={'type': 'string', 'minLength': 1, 'maxLength': 16384, 'description': 'Cognito ID or access token'}, rule='type')
            if isinstance(data__token, str):
                data__token_len = len(data__token)
                if data__token_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".token must be longer than or equal to 1 characters", value=data__token, name="" + (name_prefix or "data") + ".token", definition={'type': 'string', 'minLength': 1, 'maxLength': 16384, 'description': 'Cognito ID or access token'}, rule='minLength')
                if data__token_len > 16384:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".token must be shorter than or equal to 16384 characters", value=data__token, name="" + (name_prefix or "data") + ".token", definition={'type': 'string', 'minLength': 1, 'maxLength': 16384, 'description': 'Cognito ID or access token'}, rule='maxLength')
        if "userId" in data_keys:
            data_keys.remove("userId")
            data__userId = data["userId"]
            if not isinstance(data__userId, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".userId must be string", value=data__userId, name="" + (name_prefix or "data") + ".userId", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='type')
            if isinstance(data__userId, str):
                data__userId_len = len(data__userId)
                if data__userId_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".userId must be longer than or equal to 1 characters", value=data__userId, name="" + (name_prefix or "data") + ".userId", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='minLength')
                if data__userId_len > 256:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".userId must be shorter than or equal to 256 characters", value=data__userId, name="" + (name_prefix or "data") + ".userId", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='maxLength')
        if "username" in data_keys:
            data_keys.remove("username")
            data__username = data["username"]
            if not isinstance(data__username, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".username must be string", value=data__username, name="" + (name_prefix or "data") + ".username", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='type')
            if isinstance(data__username, str):
                data__username_len = len(data__username)
                if data__username_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".username must be longer than or equal to 1 characters", value=data__username, name="" + (name_prefix or "data") + ".username", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='minLength')
                if data__username_len > 256:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".username must be shorter than or equal to 256 characters", value=data__username, name="" + (name_prefix or "data") + ".username", definition={'type': 'string', 'minLength': 1, 'maxLength': 256}, rule='maxLength')
    return data


def validate_authenticate(message: object) -> dict[str, Any]:
    """Return the message if it is a valid Authenticate; raise JsonSchemaValueException if not."""
    return validate___definitions_authenticate(message)


def validate_ping(message: object) -> dict[str, Any]:
    """Return the message if it is a valid Ping; raise JsonSchemaValueException if not."""
    return validate___definitions_ping(message)


def validate_finops_query(message: object) -> dict[str, Any]:
    """Return the message if it is a valid FinopsQuery; raise JsonSchemaValueException if not."""
    return validate___definitions_finopsquery(message)


def validate_resume_job(message: object) -> dict[str, Any]:
    """Return the message if it is a valid ResumeJob; raise JsonSchemaValueException if not."""
    return validate___definitions_resumejob(message)


def validate_cancel_job(message: object) -> dict[str, Any]:
    """Return the message if it is a valid CancelJob; raise JsonSchemaValueException if not."""
    return validate___definitions_canceljob(message)


def validate_list_jobs(message: object) -> dict[str, Any]:
    """Return the message if it is a valid ListJobs; raise JsonSchemaValueException if not."""
    return validate___definitions_listjobs(message)
