"""登录与权限: who may sit at a desk, how long, and what is noted of it."""
