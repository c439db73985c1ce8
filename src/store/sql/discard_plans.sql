-- Makes a session plan its prepared statements anew.
discard plans
