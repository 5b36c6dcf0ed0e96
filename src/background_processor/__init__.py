"""From the queue to the answer: claims a job, asks the agents, stores and sends each step."""
