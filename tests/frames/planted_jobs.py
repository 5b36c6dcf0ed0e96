"""Who has which job before any frame is sent."""

# The sender's own user and job; a `sub` and a job's id are UUIDs.
OWN_USER = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
OWN_JOB = "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"

# Another user, whose job nobody else must see or change.
OTHER_USER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
OTHER_S_JOB = "550e8400-e29b-41d4-a716-446655440000"
OTHER_REQUEST_ID = "others-request"
# Nothing but the other's job has it, so a message with it was made from that job.
MARKER = "Bluebird-Lantern-Quarry"
