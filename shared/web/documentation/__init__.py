"""`/docs`: an API's description for people to read and try, of which nothing comes from anywhere but this house."""
