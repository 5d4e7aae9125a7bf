package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/session"
	"coapscope/ui/widget"
)

// The filter says why it cannot be read, completes what is typed, and is set from elsewhere too.
func TestPacketFilter(t *testing.T) {
	w, says := window(t)
	says()
	w.packets.FocusFilter()
	field := w.window.Canvas().Focused()
	test.Type(field, "mid == soon")
	if text := says(); !strings.Contains(text, "character 8") || !strings.Contains(text, "is no number") {
		t.Errorf("a wrong filter: the window says\n%s", text)
	}
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	test.Type(field, "content-f")
	if text := says(); !strings.Contains(text, "content-format") {
		t.Errorf("no suggestion: the window says\n%s", text)
	}
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyTab})
	test.Type(field, "== cb")
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	if says(); w.bench.Traffic.FilterText() != "content-format == cb" {
		t.Errorf("the filter is %q", w.bench.Traffic.FilterText())
	}
	w.bench.SetFilter("observe == 7")
	if text := says(); !strings.Contains(text, "observe == 7") {
		t.Errorf("a filter set elsewhere: the window says\n%s", text)
	}
	w.packets.ShowFindings()
	if text := says(); !strings.Contains(text, "Actual") || strings.Contains(text, "Summary") {
		t.Errorf("findings are shown: the window says\n%s", text)
	}
	w.packets.ShowPackets()
	if text := says(); !strings.Contains(text, "Summary") {
		t.Errorf("packets are shown: the window says\n%s", text)
	}
}

// Columns are kept between runs.
func TestColumnsAreKept(t *testing.T) {
	app := test.NewTempApp(t)
	for run, want := range []string{"", "max-age"} {
		engine, err := session.Open(session.Config{})
		if err != nil {
			t.Fatal(err)
		}
		w := NewWindow(app, engine, widget.Dark)
		w.refresh()
		if got := strings.Join(w.bench.Traffic.ColumnNames(), " "); got != want {
			t.Errorf("run %d: columns %q, want %q", run, got, want)
		}
		w.bench.AddColumn("max-age")
		w.close()
	}
}
