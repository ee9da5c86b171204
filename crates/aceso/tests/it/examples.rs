//! The specification's 12,071 examples, stored through the API and read back.
