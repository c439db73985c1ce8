-- Makes this session plan its prepared statements anew.
discard plans
