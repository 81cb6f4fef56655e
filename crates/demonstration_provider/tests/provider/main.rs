//! The provider over HTTP, in process. The clock is handed on by the tests; nothing waits.

mod setting;
mod sign_in;
mod sign_out;
mod start;
mod tokens;
