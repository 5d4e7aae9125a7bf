package view_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

func TestNames(t *testing.T) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := view.NewWorkbench(engine, func() {})
	defer w.Close()
	path := filepath.Join(t.TempDir(), "settings", "names.txt")
	w.LoadNames(path)
	if w.Message != "" || w.NamesText() != protocol.NamesExample() {
		t.Errorf("without a file: %q", w.Message)
	}
	m := protocol.Message{Code: protocol.GET}
	m.Options = m.Options.Add(3332, []byte{1, 2})
	w.Inspector.Show(&trace.Frame{Seq: 1, Data: encoded(t, m)}, "")
	option := w.Inspector.Tree.Options[0].Field

	if err := w.SaveNames("option 3332"); err == nil || !strings.Contains(err.Error(), "1") {
		t.Errorf("a bad line gives %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a bad text was written")
	}
	const text = "option 3332 Device-Id opaque 1-8 request\n"
	if err := w.SaveNames(text); err != nil {
		t.Fatal(err)
	}
	if got := w.Inspector.Tree.Name(option); got != "3332 Device-Id" {
		t.Errorf("the option is called %q", got)
	}
	if b, err := os.ReadFile(path); string(b) != text {
		t.Errorf("the file has %q, %v", b, err)
	}

	again := view.NewWorkbench(engine, func() {})
	again.LoadNames(path)
	again.Inspector.Show(&trace.Frame{Seq: 1, Data: encoded(t, m)}, "")
	if got := again.Inspector.Tree.Name(option); got != "3332 Device-Id" || again.NamesText() != text {
		t.Errorf("read again, the option is called %q", got)
	}
	if err := os.WriteFile(path, []byte("code 2.05 Mine\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again.LoadNames(path)
	if again.MessageConcept != view.Error || !strings.Contains(again.Message, path) || again.NamesText() == text {
		t.Errorf("a damaged file: %q", again.Message)
	}
}
