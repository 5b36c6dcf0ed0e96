"""The web client in a real browser: built, served with its policy, in front of a service that plays a part."""
