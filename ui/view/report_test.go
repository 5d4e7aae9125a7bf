package view_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"coapscope/protocol/dissect"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

var update = flag.Bool("update", false, "write what the tests make to testdata")

// The report of a message with a wrong option, a format that its history contradicts, and no payload
// behind the marker.
func TestReport(t *testing.T) {
	f := &trace.Frame{
		Seq: 12, Time: time.Date(2026, 3, 4, 5, 6, 7, 89000, time.UTC), Source: sender, Destination: peer, Direction: trace.Sent, Interface: "eth0",
		Data: []byte{0x42, 0x01, 0x12, 0x34, 0xa1, 0xf3, 0xb4, 't', '|', '_', 't', 0x62, 0x00, 0x3c, 0xff},
	}
	v := view.NewInspector()
	v.Show(f, "↻ #11")
	v.SetHistory([]dissect.Finding{{
		Rule: &dissect.Rule{
			ID: "retransmission-early", Severity: dissect.Warning, Title: "A retransmission came too early",
			Reference: "RFC 7252 §4.2", Suggestion: "Wait for the timeout.",
		},
		Field: v.Tree.Find(dissect.MessageID), Span: dissect.Span{Bit: 16, Bits: 16}, Expected: "2 s or more after #11", Actual: "0.4 s",
	}})
	got := v.Report()
	const file = "testdata/report.md"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the report is\n%s\nwant\n%s", got, want)
	}
	v.SetEditing(true)
	v.FlipBit(0)
	if edited := v.Report(); !strings.Contains(edited, "## Edited from message 12 · 1 change") || strings.Contains(edited, "retransmission") {
		t.Errorf("the report of the edited copy is\n%s", edited)
	}
	v.Show(nil, "")
	if v.Report() != "" {
		t.Error("there is a report of nothing")
	}
}
