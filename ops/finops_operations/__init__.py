"""What the scripts in ops/ do once a stack is deployed: look at it, mend it, and bring the frontend to it."""
