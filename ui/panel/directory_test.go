package panel

import (
	"strings"
	"testing"
)

// The directory of the lab: its endpoints, their resources, and an endpoint that is registered, renewed and removed.
func TestDirectoryPanel(t *testing.T) {
	bench, at, until := labBench(t, "store")
	p := NewDirectory(bench)
	closed, asked := false, false
	p.Close, p.Ask = func() { closed = true }, func() { asked = true }
	says := func() string { p.Refresh(); return shown(t, p.Object, 1080, 700) }
	if text := says(); !strings.Contains(text, "Choose a directory above") || !strings.Contains(text, "No directory ▾") {
		t.Errorf("at first:\n%s", text)
	}
	p.address.OnSubmitted(at.String())
	dirs := bench.Directories()
	until("the endpoints", func() bool { return dirs.Endpoints.Len() == 5 && !dirs.Endpoints.Running() })
	text := says()
	for _, want := range []string{"livingroom-node", "lab.device", "○ plugtest@lab, not seen yet", "5 endpoints", "registration coap://" + at.String() + "/rd"} {
		if !strings.Contains(text, want) {
			t.Errorf("the endpoints do not say %q:\n%s", want, text)
		}
	}
	p.resourcesOf(0)
	until("its resources", func() bool { return dirs.Resources.Len() > 0 && !dirs.Resources.Running() })
	if text := says(); !strings.Contains(text, "/sensors/temp") || !strings.Contains(text, "temperature-c") || p.resources.entry.Text() != "ep=livingroom-node d=lab" {
		t.Errorf("the resources, of %q:\n%s", p.resources.entry.Text(), text)
	}
	p.resources.list.OnActivate(1)
	if address := bench.Tab().Draft.Address; !closed || asked || !strings.HasSuffix(address, "/sensors/temp") {
		t.Errorf("closed %v, asked %v, composed %q", closed, asked, address)
	}

	if p.compose(1, true); !asked {
		t.Error("it was not asked for")
	}
	p.tabs.Select(registerTab)
	p.form.links.SetText("</a>,\n<b")
	if text := says(); !strings.Contains(text, "✖ line 2, column") {
		t.Errorf("a mistake in the links is not told:\n%s", text)
	}
	p.form.take.Activate()
	if dirs.Own() != 0 {
		t.Fatal("a form with mistakes was sent")
	}
	p.form.links.SetText("</a>;rt=x")
	p.form.name.SetText("hall-lamp")
	p.form.take.Activate()
	until("the registration", func() bool { return dirs.OwnRow(0, p.now).Word == "registered" })
	text = says()
	for _, want := range []string{"● registered", "hall-lamp", "5 min of 5 min", "by itself", "is left to run out", "coap://" + at.String() + "/rd/6"} {
		if !strings.Contains(text, want) {
			t.Errorf("the registration does not say %q:\n%s", want, text)
		}
	}
	p.auto.Activate()
	if text := says(); !strings.Contains(text, "by hand") {
		t.Errorf("it is still renewed by itself:\n%s", text)
	}
	p.renew.Activate()
	until("the renewal", func() bool { return !dirs.OwnRow(0, p.now).Busy })
	p.remove.Activate()
	until("the removal", func() bool { return dirs.Own() == 0 })
	if text := says(); !strings.Contains(text, "You have registered nothing") {
		t.Errorf("it is still there:\n%s", text)
	}
}
