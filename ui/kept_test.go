package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// until draws until the window says a text.
func until(t *testing.T, says func() string, want string) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if text := says(); strings.Contains(text, want) {
			return text
		}
	}
	t.Fatalf("the window does not say %q:\n%s", want, says())
	return ""
}

func TestSavedRequestIsInTheTree(t *testing.T) {
	w, says := window(t)
	folder := t.TempDir()
	w.Keep(keep.Open(keep.PlacesIn(folder)))
	until(t, says, "Save this request")
	w.bench.Tab().Draft = draft.Draft{Method: protocol.PUT, Address: "coap://192.0.2.1/actuators/led", Payload: "1"}
	w.saveRequest()
	text := says()
	if !strings.Contains(text, "Save the request as") || !strings.Contains(text, "actuators led") {
		t.Fatalf("no name is asked for:\n%s", text)
	}
	field, ok := w.window.Canvas().Focused().(interface{ SetText(string) })
	if !ok {
		t.Fatal("the cursor is not in the line")
	}
	field.SetText("bring-up/a:b")
	if text := says(); !strings.Contains(text, "✖ ':' cannot be in the name of a file") {
		t.Errorf("a wrong name is not told:\n%s", text)
	}
	field.SetText("bring-up/led on")
	w.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	text = until(t, says, "PUT  led on")
	if strings.Contains(text, "Save the request as") || w.dialog != nil {
		t.Errorf("the dialog is still there:\n%s", text)
	}
	w.bench.Tab().Draft.Payload = "0"
	w.bench.Changed(view.PartDraft | view.PartTabs)
	until(t, says, "PUT led on ●")
	w.saveRequest()
	until(t, says, "led on.coap.toml saved")
	if text := says(); strings.Contains(text, "●  ") || strings.Contains(text, "led on ●") {
		t.Errorf("it is still marked:\n%s", text)
	}
	content, err := os.ReadFile(filepath.Join(folder, "collections", "bring-up", "led on.coap.toml"))
	if err != nil || !strings.Contains(string(content), "payload = \"0\"\n") {
		t.Errorf("%v\n%s", err, content)
	}
}

// filled keeps n requests and some tabs in a folder.
func filled(t *testing.T, n, tabs int) string {
	t.Helper()
	folder := t.TempDir()
	s, _ := keep.Open(keep.PlacesIn(folder))
	var open keep.Tabs
	for range tabs {
		open.Tabs = append(open.Tabs, keep.Tab{Draft: draft.Draft{Method: protocol.GET, Address: "coap://192.0.2.1/tab", Payload: strings.Repeat("x", 1000)}})
	}
	s.SaveTabs(open)
	for i := range n {
		s.History.Add(keep.Entry{
			Draft: draft.Draft{Method: protocol.GET, Address: "coap://192.0.2.1/sensors"}, URI: "coap://192.0.2.1/sensors/temp", Asked: time.Unix(int64(i), 0),
			State: keep.Answered, Message: protocol.Message{Code: protocol.Content, Payload: []byte("some words of a payload")},
		})
		for i%5000 == 4999 && waiting(s) { // so that what waits for the disk stays bounded
			time.Sleep(5 * time.Millisecond)
		}
	}
	s.Close()
	return folder
}

// waiting tells whether the newest entry is not in the file yet.
func waiting(s *keep.Store) bool {
	r, _ := s.History.Row(0)
	return !s.History.Durable(r.ID)
}

// With 100,000 requests in the history and 50 tabs open, a frame takes no longer than it does with few, but for a little.
func TestWindowStaysFluent(t *testing.T) {
	frames := func(n, tabs int) (typing, scrolling, searching time.Duration) {
		w, says := window(t)
		w.Keep(keep.Open(keep.PlacesIn(filled(t, n, tabs))))
		until(t, says, "GET  /sensors/temp")
		if len(w.bench.Tabs) != tabs || w.bench.History.Total() != n {
			t.Fatalf("%d tabs, %d entries", len(w.bench.Tabs), w.bench.History.Total())
		}
		frame := func(do func()) (best time.Duration) {
			best = time.Hour
			for range 15 {
				start := time.Now()
				do()
				w.refresh()
				widget.Spans(w.window.Canvas()) // has all that changed painted
				best = min(best, time.Since(start))
			}
			return best
		}
		w.bar.FocusAddress()
		typing = frame(func() { test.Type(w.window.Canvas().Focused(), "a") })
		w.showHistory()
		text := says()
		if !strings.Contains(text, view.Grouped(n)) {
			t.Fatalf("the history does not show:\n%s", text)
		}
		field := w.window.Canvas().Focused().(interface{ SetText(string) })
		scrolling = frame(func() { w.history.Refresh() })
		searching = frame(func() { field.SetText("words 2.05"); field.SetText("words payload") })
		w.dialog.Hide()
		return typing, scrolling, searching
	}
	t1, s1, f1 := frames(1000, 2)
	t2, s2, f2 := frames(100_000, 50)
	t.Logf("1,000 entries, 2 tabs: typing %v, history %v, search %v a frame", t1, s1, f1)
	t.Logf("100,000 entries, 50 tabs: typing %v, history %v, search %v a frame", t2, s2, f2)
	for name, pair := range map[string][2]time.Duration{"typing": {t1, t2}, "history": {s1, s2}, "search": {f1, f2}} {
		if pair[1] > 3*pair[0]+2*time.Millisecond {
			t.Errorf("%s: a frame takes %v instead of %v", name, pair[1], pair[0])
		}
	}
}
