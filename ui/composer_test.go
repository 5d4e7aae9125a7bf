package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

// typed types a text into what has the focus, wherever that goes meanwhile.
func typed(t *testing.T, w *Window, text string) {
	t.Helper()
	for _, r := range text {
		focused := w.window.Canvas().Focused()
		if focused == nil {
			t.Fatalf("nothing has the focus for %q", r)
		}
		if r == '\n' {
			focused.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		} else {
			focused.TypedRune(r)
		}
		w.refresh()
	}
}

// does has a command done.
func does(t *testing.T, w *Window, title string) {
	t.Helper()
	for _, c := range w.bench.Commands.All() {
		if c.Title == title {
			c.Do()
			return
		}
	}
	t.Fatalf("there is no command %q", title)
}

// Twelve options are written by keyboard alone, each by its name or number.
func TestOptionsByKeyboard(t *testing.T) {
	w, says := window(t)
	w.bar.FocusAddress()
	typed(t, w, "coap://192.0.2.1/a/b?c=1")
	does(t, w, "Add an option")
	typed(t, w, "accept\napplication/cbor\n"+"if-match\n0xa1b2\n"+"1\nxy\n"+"etag\n0x01\n"+"uri-query\nd=2\n"+"uri-path\nlast\n"+"258\n26\n"+"65001\n0xc0ffee\n"+"size2\n0\n")
	says()
	b := w.bench.Built()
	if len(b.Problems) > 0 {
		t.Fatal(b.Problems)
	}
	got := ""
	for _, o := range b.Request.Message.Options {
		got += fmt.Sprintf("%s=%s ", o.Number, draft.OptionText(o))
	}
	const want = "If-Match=0xa1b2 If-Match=0x7879 ETag=0x01 Uri-Path=a Uri-Path=b Uri-Path=last Uri-Query=c=1 Uri-Query=d=2 Accept=60 Size2=0 No-Response=26 65001=0xc0ffee "
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if address := w.bench.Tab().Draft.Address; address != "coap://192.0.2.1/a/b/last?c=1&d=2" {
		t.Errorf("the address is %s", address)
	}
}

func TestMistakesAreMarkedWhereTheyAre(t *testing.T) {
	w, says := window(t)
	d := &w.bench.Tab().Draft
	*d = draft.Draft{Method: protocol.PUT, Address: "coap://192.0.2.1/a", Form: draft.JSON, Payload: "{\n  \"t\": 21,5}"}
	w.bench.Changed(view.PartDraft)
	w.request.EditPayload()
	text := says()
	if !strings.Contains(text, `line 2:   "t": 21,5}`) || !strings.Contains(text, "Cannot be sent yet") {
		t.Errorf("the mistake is not marked:\n%s", text)
	}
	d.Payload = "{\n  \"t\": 21.5}"
	w.bench.Changed(view.PartDraft)
	if text := says(); strings.Contains(text, "line 2") || !strings.Contains(text, "14 bytes") {
		t.Errorf("there is no mistake:\n%s", text)
	}
}

// The bits of what is written are at the right, until a packet is selected.
func TestBitsAsTheyAreTyped(t *testing.T) {
	w, says := window(t)
	d := &w.bench.Tab().Draft
	d.Address = "coap://192.0.2.1/abc"
	w.bench.Changed(view.PartDraft)
	does(t, w, "Show its bits as they are typed")
	if text := says(); !strings.Contains(text, "The request as written") || !strings.Contains(text, "Uri-Path abc") {
		t.Errorf("its bits are not shown:\n%s", text)
	}
	d.SetOption(protocol.Accept, "60")
	w.bench.Changed(view.PartDraft)
	if text := says(); !strings.Contains(text, "Accept 60") {
		t.Errorf("the bits do not follow:\n%s", text)
	}
}

func TestFileIsPreviewedAndStreamed(t *testing.T) {
	w, says := window(t)
	name := filepath.Join(t.TempDir(), "firmware.bin")
	if err := os.WriteFile(name, make([]byte, 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	w.bench.Tab().Draft = draft.Draft{Method: protocol.PUT, Address: "coap://192.0.2.1/fw", Form: draft.File, Payload: name}
	w.bench.Changed(view.PartDraft)
	w.request.EditPayload()
	text := says()
	for ; strings.Contains(text, "looking at the file"); text = says() {
		<-w.bridge.wake
	}
	if !strings.Contains(text, "5000 B, sent block by block") || !strings.Contains(text, "first of 5 blocks") {
		t.Errorf("the file is not previewed:\n%s", text)
	}
}
