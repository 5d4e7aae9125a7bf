package view_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"coapscope/session"
	"coapscope/ui/keep"
	"coapscope/ui/view"
)

// commanded gives a workbench with a few commands, and what was done.
func commanded(t *testing.T) (*view.Workbench, *[]string) {
	t.Helper()
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := view.NewWorkbench(engine, func() {})
	t.Cleanup(w.Close)
	var done []string
	command := func(id view.CommandID, menu, title, key string, when func() string) view.Command {
		return view.Command{ID: id, Menu: menu, Title: title, Key: key, Help: title + " it is", When: when, Do: func() { done = append(done, string(id)) }}
	}
	w.Commands = view.NewCommands([]view.Command{
		command(view.CmdOpen, "File", "Open capture …", "Ctrl+O", nil),
		command(view.CmdSend, "Request", "Send", "Ctrl+Enter", nil),
		command(view.CmdUndo, "Message", "Undo change", "Ctrl+Z", func() string { return "nothing was changed" }),
		command(view.CmdDiscover, "Devices", "Discover", "Ctrl+D", nil),
		command(view.CmdFoldDevices, "View", "Fold the devices", "", nil),
		command(view.CmdPackets, "View", "Show the packets", "Ctrl+1", nil),
	}, w.Say)
	return w, &done
}

func titles(p *view.Palette) string {
	var all []string
	for _, r := range p.Rows() {
		all = append(all, r.Title)
	}
	return strings.Join(all, " | ")
}

func TestPaletteFinds(t *testing.T) {
	w, done := commanded(t)
	p := view.NewPalette(w)
	for _, c := range []struct{ text, want string }{
		{"", "Open capture … | Send | Undo change | Discover | Fold the devices | Show the packets"},
		{"  ", "Open capture … | Send | Undo change | Discover | Fold the devices | Show the packets"},
		{"disc", "Discover | Filter packets: disc"},
		{"dev fold", "Fold the devices | Filter packets: dev fold"},
		{"SEND", "Send | Filter packets: SEND"},
		{"ch", "Undo change | Filter packets: ch"},
		{"zzz", "Filter packets: zzz"},
	} {
		if p.SetText(c.text); titles(p) != c.want {
			t.Errorf("%q finds %s, want %s", c.text, titles(p), c.want)
		}
	}
	p.SetText("ch")
	if r := p.Rows()[0]; r.Why != "nothing was changed" || r.Key != "Ctrl+Z" || r.Where != "Message" || !slices.Equal(r.Marks, []int{5, 6}) {
		t.Errorf("a row: %+v", r)
	}
	if p.Do(0); len(*done) != 0 || w.Message != "Undo change: nothing was changed" {
		t.Errorf("done %q; the message is %q", *done, w.Message)
	}

	// What was used comes first, here and where letters fit as well.
	p.SetText("discover")
	p.Do(0)
	p.SetText("fold")
	p.Do(0)
	if p.SetText(""); !strings.HasPrefix(titles(p), "Fold the devices | Discover | Open") {
		t.Errorf("after use: %s", titles(p))
	}
	if p.SetText("s"); !strings.HasPrefix(titles(p), "Send | Show the packets") {
		t.Errorf("one letter: %s", titles(p))
	}
	p.SetText("show")
	p.Do(0)
	if p.SetText("s"); !strings.HasPrefix(titles(p), "Show the packets | Send") {
		t.Errorf("one letter after use: %s", titles(p))
	}

	p.SetText("observe == 7")
	p.Do(len(p.Rows()) - 1)
	if w.Traffic.FilterText() != "observe == 7" || (*done)[len(*done)-1] != "packets" {
		t.Errorf("filter %q, done %q", w.Traffic.FilterText(), *done)
	}
	p.Do(-1)
	p.Do(99)
}

func TestPaletteGoesToTabsAndResources(t *testing.T) {
	w, _ := commanded(t)
	w.Tab().Draft.Address = "coap://192.0.2.1/one"
	w.NewTab().Draft.Address = "coap://192.0.2.1/two"
	p := view.NewPalette(w)
	p.SetText("get one")
	if r := p.Rows()[0]; r.Title != "GET one" || r.Where != "Open tab" {
		t.Fatalf("found %s", titles(p))
	}
	p.Do(0)
	if w.Tab().Draft.Address != "coap://192.0.2.1/one" {
		t.Errorf("the tab is that of %s", w.Tab().Draft.Address)
	}

	w.Groups.All = []keep.Group{{Name: "All lights", Members: []string{"192.0.2.1"}}}
	p.SetText("lights")
	if r := p.Rows()[0]; r.Title != "All lights" || r.Where != "Group" {
		t.Fatalf("found %s", titles(p))
	}
	if p.Do(0); w.Tab().Draft.Group != "All lights" || w.Tab().State != view.TabIdle {
		t.Errorf("the tab is %+v", w.Tab().Draft)
	}
}

func TestCommands(t *testing.T) {
	w, done := commanded(t)
	c := w.Commands
	if got := c.Hint(view.CmdSend); got != "Send it is (Ctrl+Enter)" {
		t.Errorf("hint %q", got)
	}
	if got := c.Hint(view.CmdFoldDevices); got != "Fold the devices it is" {
		t.Errorf("hint without a key %q", got)
	}
	if got := strings.Join(c.Menus(), " "); got != "File Request Message Devices View" {
		t.Errorf("menus %q", got)
	}
	c.Doing(view.CmdSend)()
	c.Do(view.CmdUndo)
	c.Do("unknown")
	c.Use("unknown")
	if fmt.Sprint(*done) != "[send]" || w.MessageConcept != view.Warning {
		t.Errorf("done %v, message %q", *done, w.Message)
	}
	c.SetUsed([]string{"discover", "gone", "send"})
	c.Use(view.CmdSend)
	if got := fmt.Sprint(c.Used()); got != "[send discover]" {
		t.Errorf("used %s", got)
	}
	text := view.KeysText(c.KeyGroups())
	if !strings.HasPrefix(text, "File\n  Ctrl+O             Open capture\n\nRequest\n") || strings.Contains(text, "Fold the devices") {
		t.Errorf("keys:\n%s", text)
	}

	var none *view.Commands // a panel without a window
	none.Do(view.CmdSend)
	none.Use(view.CmdSend)
	if none.Hint(view.CmdSend) != "" || none.All() != nil || none.Used() != nil || len(none.KeyGroups()) != 1 {
		t.Error("no commands are some")
	}
}
