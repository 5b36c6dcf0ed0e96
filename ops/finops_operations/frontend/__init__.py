"""What ops/write_frontend_config.sh and ops/deploy_frontend.sh do: a frontend's configuration, and its deployment."""
