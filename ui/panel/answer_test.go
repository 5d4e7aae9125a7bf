package panel

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/lab"
	"coapscope/ui/draft"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// asked is an answer panel in a headless window, with the engine and a lab behind it.
type asked struct {
	*Answer

	t       *testing.T
	bench   *view.Workbench
	wake    chan struct{}
	address string // of the plugtest device
}

func askedPanel(t *testing.T) *asked {
	t.Helper()
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: time.Millisecond, Loss: lab.NoLoss})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	info, err := l.Device("plugtest")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	app := test.NewTempApp(t)
	app.Settings().SetTheme(widget.NewTheme(widget.Dark, 1))
	d := &asked{t: t, wake: make(chan struct{}, 1), address: "coap://" + info.Addr.String()}
	d.bench = view.NewWorkbench(engine, func() {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	})
	t.Cleanup(d.bench.Close)
	d.Answer = NewAnswer(d.bench)
	w := test.NewTempWindow(t, d.Object)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(420, 420))
	return d
}

// settle waits for the end of what is under way, and shows it.
func (d *asked) settle() {
	d.t.Helper()
	end := time.After(30 * time.Second)
	for {
		for more := true; more; {
			_, more = d.bench.Pull()
		}
		if s := d.bench.Tab().State; s == view.TabIdle || s == view.TabObserving {
			d.Refresh()
			return
		}
		select {
		case <-d.wake:
		case <-end:
			d.t.Fatal("no answer")
		}
	}
}

func (d *asked) ask(method protocol.Code, path string) {
	d.t.Helper()
	d.bench.Tab().Draft = draft.Draft{Method: method, Address: d.address + path}
	d.bench.Send()
	d.settle()
}

// tapOn clicks the region of a sheet.
func tapOn(t *testing.T, s *widget.Sheet, id any) {
	t.Helper()
	pos, size, ok := s.HitBox(id)
	if !ok {
		t.Fatalf("nothing to click for %v in %q", id, s.Snapshot().Lines())
	}
	test.TapAt(s, pos.AddXY(size.Width/2, size.Height/2))
}

func TestAnswerLeadsOn(t *testing.T) {
	d := askedPanel(t)
	if d.actions.Visible() || d.repeat.Visible() {
		t.Error("there is something to do next before there is an answer")
	}
	d.ask(protocol.POST, "/test")
	if text := strings.Join(d.actions.Snapshot().Lines(), " "); !strings.Contains(text, "GET /location1/location2/location3") {
		t.Errorf("%q", text)
	}
	tapOn(t, d.options, linkID(d.address+"/location1/location2/location3"))
	d.settle()
	if tab := d.bench.Tab(); len(d.bench.Tabs) != 2 || tab.Draft.Address != d.address+"/location1/location2/location3" || tab.Answer.Message.Code != protocol.Content {
		t.Errorf("%+v", tab.Draft)
	}
	d.bench.CloseTab(d.bench.Tab().ID)
	d.ask(protocol.GET, "/.well-known/core")
	tapOn(t, &d.body.list.Sheet, linkID(d.address+"/test"))
	d.settle()
	if tab := d.bench.Tab(); len(d.bench.Tabs) != 1 || tab.Draft.Address != d.address+"/test" {
		t.Errorf("%d tabs, %+v", len(d.bench.Tabs), tab.Draft)
	}
}

func TestAnswerShowsTheDifference(t *testing.T) {
	d := askedPanel(t)
	d.ask(protocol.GET, "/validate")
	if tabs := d.body.tabs.Tabs(); tabs[len(tabs)-1].ID == "diff" {
		t.Error("the first answer has a difference")
	}
	d.ask(protocol.GET, "/validate")
	d.body.choose("diff")
	if !d.diff.list.Visible() || d.diff.Len() == 0 || !strings.HasPrefix(d.diff.result.Summary(d.diff.of), "All is the same") {
		t.Errorf("%+v", d.diff.result)
	}
	d.body.choose("Text")
	if d.body.Extra() || d.body.model.View().Name != "Text" {
		t.Error("the text is not shown")
	}
}

func TestAnswerShowsARepetition(t *testing.T) {
	d := askedPanel(t)
	d.bench.Tab().Draft = draft.Draft{Method: protocol.GET, Address: d.address + "/validate"}
	for _, item := range RepeatMenu(d.bench, nil).Items {
		if item.Label == "Send 10 times" {
			item.Action()
		}
	}
	d.settle()
	text := strings.Join(d.repeat.Snapshot().Lines(), "\n")
	for _, want := range []string{"10 of 10 sent", "✓ 10 ok", "2.05 ×10", "RTT "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said in %q", want, text)
		}
	}
	tapOn(t, &d.repeat.Sheet, forgetID{})
	if d.Refresh(); d.repeat.Visible() {
		t.Error("the strip stays")
	}
}

func TestMeterPanel(t *testing.T) {
	d := askedPanel(t)
	d.bench.Tab().Draft = draft.Draft{Method: protocol.PUT, Address: d.address + "/fw", Payload: strings.Repeat("x", 200)}
	p := NewMeter(d.bench)
	w := test.NewTempWindow(t, p)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(420, 500))
	b := d.bench.Built()
	var wire view.Wire
	wire.Show(&b, view.FilePeek{})
	p.Measure(d.bench.Meter(wire.Bytes, &b))
	if text := strings.Join(p.Snapshot().Lines(), " "); !strings.Contains(text, "3 frames of 802.15.4") || !strings.Contains(text, "200") {
		t.Errorf("%q", text)
	}
	test.TapAt(p, fyne.NewPos(200, 30))
	if w.Canvas().Overlays().Top() == nil {
		t.Fatal("a click shows nothing")
	}
}

// In a low window the options of an answer give way to its payload, and say so.
func TestOptionsGiveWay(t *testing.T) {
	d := askedPanel(t)
	d.ask(protocol.GET, "/validate") // which has an ETag, too
	all := float32(len(d.bench.Tab().Answer.Message.Options)*optionRowHeight + optionsMargin)
	if got := d.options.Size().Height; got != all || all < 2*optionRowHeight {
		t.Fatalf("options are %v high, all would be %v", got, all)
	}
	others := d.Object.Size().Height - d.stack.Size().Height - all
	for _, c := range []struct{ room, want float32 }{
		{leastBody + all, all}, {leastBody + all - 1, all - optionRowHeight}, {leastBody + all - optionRowHeight - 1, 1}, {leastBody, 1}, // a sheet is never lower
	} {
		d.Object.Resize(fyne.NewSize(420, others+c.room))
		if got := d.options.Size().Height; got != c.want {
			t.Errorf("in a room of %v options are %v high, want %v", c.room, got, c.want)
		}
		if got := d.stack.Size().Height; got < leastBody-1 {
			t.Errorf("in a room of %v the payload has %v", c.room, got)
		}
	}
}
