//! Signed tokens (JWT).
