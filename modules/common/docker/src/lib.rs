//! The engine. Knows no Ansible word.
