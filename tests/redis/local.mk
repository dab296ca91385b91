# tests/redis
