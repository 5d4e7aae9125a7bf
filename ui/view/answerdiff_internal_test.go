package view

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// lines gives the rows with their signs.
func (d *AnswerDiff) lines() (lines []string) {
	for _, r := range d.Rows {
		sign := r.State.Sign()
		if r.Title {
			sign = "#"
		}
		lines = append(lines, sign+" "+r.Text)
	}
	return lines
}

func TestAnswerDiff(t *testing.T) {
	w, _ := stage(t)
	d := draft.Draft{Method: protocol.GET, Address: at}
	old := options(protocol.Message{Code: protocol.Content, Payload: []byte(`{"t": 21.4, "u": "C", "on": true}`)}, protocol.ETag, "\x01", protocol.ContentFormatOption, 50)
	tab := answered(t, w, d, old)
	tab.what = "GET a/b"
	tab.answers = tab.what
	if tab.Answer.Before() || tab.Answer.Diff("") != nil {
		t.Error("the first answer has one before it")
	}
	tab.Answer.At = time.Unix(100, 0)
	now := options(protocol.Message{Code: protocol.Content, Payload: []byte(`{"t": 21.5, "u": "C"}`)}, protocol.ETag, "\x02", protocol.ContentFormatOption, 50, protocol.MaxAge, 5)
	tab.take(&Answer{Message: now, At: time.Unix(102, 0)})
	got := tab.Answer.Diff("JSON")
	want := ` 2.05 Content
# Options
− ETag  0x01
+ ETag  0x02
 Content-Format  50 application/json
+ Max-Age  5
# Payload as JSON
− {"t": 21.4, "u": "C", "on": true}
+ {"t": 21.5, "u": "C"}`
	if text := strings.Join(got.lines(), "\n"); text != want {
		t.Errorf("\n%s\nwant\n%s", text, want)
	}
	if s := got.Summary(tab.Answer); s != "− 2  + 3 since the answer 2.00 s before" {
		t.Error(s)
	}
	// Only one is kept, and none of another request.
	if tab.Answer.before.before != nil {
		t.Error("a chain of answers is kept")
	}
	last := tab.Answer
	tab.what = "GET other"
	tab.take(&Answer{Message: old})
	if tab.Answer.Before() || last.before != nil {
		t.Error("answers to other requests are compared")
	}
	tab.take(&Answer{Message: old})
	if d := tab.Answer.Diff(""); d.Differences != 0 || d.Summary(tab.Answer) != "All is the same as in the answer before" {
		t.Errorf("%q, %s", d.lines(), d.Summary(tab.Answer))
	}
}

// From the rows each of the two can be read.
func TestAnswerDiffHasBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"a", "b", "c", ""})
		left, right := rapid.SliceOfN(line, 0, 12).Draw(t, "left"), rapid.SliceOfN(line, 0, 12).Draw(t, "right")
		var d AnswerDiff
		d.section("", left, right)
		var l, r []string
		for _, row := range d.Rows {
			if row.State != CompareOnlyRight {
				l = append(l, row.Text)
			}
			if row.State != CompareOnlyLeft {
				r = append(r, row.Text)
			}
		}
		if fmt.Sprintf("%q%q", l, r) != fmt.Sprintf("%q%q", left, right) {
			t.Fatalf("%q", d.lines())
		}
	})
}
