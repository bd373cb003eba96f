//! The document as JSON, for programs.

use aa_analysis::Document;

/// The document as indented JSON with a newline at its end; every top-level key is there, null where its pass did not run.
pub fn json(document: &Document) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .expect("a document holds only text keys and numbers, which JSON can always hold");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_reads_back_as_the_same_document() {
        let document = Document { format: 1, ..Document::default() };
        let text = json(&document);
        assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), document);
        assert!(text.contains("\"verdict\": null"));
    }
}
