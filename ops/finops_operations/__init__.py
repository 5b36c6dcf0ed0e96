"""What the scripts decide: building and deploying the stack, looking at it, mending it, the frontend, the local run."""
