//! Reports: terminal, JSON and HTML.
