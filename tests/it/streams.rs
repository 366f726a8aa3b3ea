//! `clean` as a filter, and readers that hang up.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::Value;
use unchaff::input::Compression;

use crate::common::{ends, fed, text, unchaff};

#[test]
fn lines_stay_in_order_and_fields_byte_for_byte() {
    let filler = "The harbour master counted the boats, and counted them again. ".repeat(400);
    let filler = filler.trim_end();
    let mut input = String::new();
    let mut expected = String::new();
    let odd = [
        r#"{ "n":1e400 ,"text":"The ferry came in.","big":1234567890123456789012345}"#,
        r#"{"x":1,"x":2,"text":"The ferry came in.","é":"\ud800","z":[1.0,-0,{"text":"in"}]}"#,
        r#"{"id":7,"text":"The ferry came in.\u0020It was late.","f":0.10}"#,
    ];
    for line in odd {
        input += &format!("{line}\n");
        expected += &format!("{line}\n");
    }
    input += "{\"id\":\"ad\",\"k\":[ ],\"text\":\"The ferry came in at noon with forty passengers and a goat.\\nAdvertisement\\nIt was late.\"}\n";
    expected += "{\"id\":\"ad\",\"k\":[ ],\"text\":\"The ferry came in at noon with forty passengers and a goat.\\nIt was late.\"}\n";
    // More than one chunk, so that several workers have something to put in order.
    for i in 0..200 {
        let line = format!("{{\"id\":{i},\"n\":1e400,\"text\":\"{filler}\"}}\n");
        input += &line;
        expected += &line;
    }
    let output = fed(&["clean", "-j", "3", "--quiet"], input.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let came: Vec<&str> = text(&output.stdout).lines().collect();
    for (came, expected) in came.iter().zip(expected.lines()) {
        assert!(*came == expected, "{came:.300}\nis not\n{expected:.300}");
    }
    assert_eq!(came.len(), expected.lines().count());
}

#[test]
fn rejects_of_a_stream_go_to_standard_error() {
    let output =
        fed(&["clean", "--quiet"], b"{\"text\":\"Good.\"}\n{\"text\":7}\n{\"text\":\"Too.\"}\n");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(text(&output.stdout), "{\"text\":\"Good.\"}\n{\"text\":\"Too.\"}\n");
    let told = text(&output.stderr);
    assert!(told.contains("stdin.jsonl, record 2, byte 17: "), "{told}");
    let output =
        fed(&["clean", "--quiet", "--allow-rejects"], b"{\"text\":7}\n{\"text\":\"Too.\"}\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_is_kept_is_told_all_the_same() {
    let records = |args: &[&str]| -> Vec<Value> {
        let output = ends(0, &[&["clean", "samples", "--quiet"], args].concat());
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let (cleaned, kept) = (records(&[]), records(&["--keep", "caption"]));
    assert_eq!(cleaned.len(), kept.len());
    let mut captions = 0;
    for (without, with) in cleaned.iter().zip(&kept) {
        assert_eq!(without["id"], with["id"]);
        assert_eq!(without["unchaff"], with["unchaff"], "{}", with["id"]);
        for caption in with["unchaff"]["caption"].as_array().into_iter().flatten() {
            captions += 1;
            let line = |record: &Value| {
                let text = record["text"].as_str().unwrap();
                text.lines().any(|line| line == caption.as_str().unwrap().trim())
            };
            assert!(line(with), "{}: {caption}", with["id"]);
            assert!(!line(without), "{}: {caption}", with["id"]);
        }
        if with["unchaff"]["caption"].is_null() {
            assert_eq!(without["text"], with["text"]);
        }
    }
    assert!(captions >= 1, "{captions}");
}

#[test]
fn a_reader_that_hangs_up_is_no_failure() {
    for args in [
        &["rules", "list"][..],
        &["completions", "bash"],
        &["man"],
        &["clean", "samples", "--quiet"],
        &["explain", "samples"],
    ] {
        let mut command = unchaff(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(text(&output.stderr), "", "{args:?}");
        assert!(output.status.success(), "{args:?}: {:?}", output.status);
    }
}

/// What a filter is for: a line comes out before the next goes in, and memory does not fill up.
#[test]
fn a_line_in_is_a_line_out() {
    let mut command = unchaff(["clean", "-j", "2", "--quiet"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for i in 0..20 {
        let line = format!("{{\"id\":{i},\"text\":\"The ferry came in.\"}}\n");
        input.write_all(line.as_bytes()).unwrap();
        let mut came = String::new();
        output.read_line(&mut came).unwrap();
        assert_eq!(came, line);
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_endless_pipe_ends_with_its_reader() {
    let mut command = unchaff(["clean", "-j", "2", "--quiet"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let writer = std::thread::spawn(move || {
        let lines = "{\"text\":\"The ferry came in.\"}\n".repeat(1000);
        while input.write_all(lines.as_bytes()).is_ok() {}
    });
    let mut came = String::new();
    output.read_line(&mut came).unwrap();
    drop(output);
    let ended = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn a_pipe_may_hold_any_format() {
    let gzip = |bytes: &[u8]| unchaff::output::compress(bytes.to_vec(), Compression::Gzip).unwrap();
    let record =
        "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 12\r\n\r\nIt was wet.\n\r\n\r\n";
    for input in [
        b"id,text\n1,It was wet.\n".to_vec(),
        gzip(b"{\"text\":\"It was wet.\"}\n"),
        gzip(record.as_bytes()),
        b"It was wet.".to_vec(),
        gzip(b"It was wet."),
    ] {
        let output = fed(&["clean", "--quiet"], &input);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["text"].as_str().unwrap().trim_end(), "It was wet.");
    }
}

#[test]
fn a_pipe_without_texts_is_a_wrong_setting() {
    let output = fed(&["clean", "--quiet"], &b"{\"t\":\"It was wet.\"}\n".repeat(9));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("they have: t"), "{}", text(&output.stderr));
}
