"""The wire protocol as typed values. Pure: no AWS call."""
