package view_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/lab"
	"coapscope/session/trace"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

// patience is how long a test waits for what must happen; only a failing one waits that long.
const patience = 30 * time.Second

// desk is a workbench with a real engine, and a test in place of the window.
type desk struct {
	*view.Workbench
	t     *testing.T
	lab   *lab.Lab
	wake  chan struct{}
	drawn view.Part // all parts that Pull gave since it was cleared
}

func sitDown(t *testing.T) *desk {
	t.Helper()
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: time.Millisecond, Loss: lab.NoLoss})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, lab: l, wake: make(chan struct{}, 1)}
	d.Workbench = view.NewWorkbench(engine, func() {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	})
	t.Cleanup(d.Close)
	return d
}

func (d *desk) address(device string) string {
	d.t.Helper()
	info, err := d.lab.Device(device)
	if err != nil {
		d.t.Fatal(err)
	}
	return info.Addr.String()
}

// until pulls whenever the workbench wakes the window, until the condition holds.
func (d *desk) until(what string, condition func() bool) {
	d.t.Helper()
	end := time.After(patience)
	for {
		for more := true; more; {
			var dirty view.Part
			dirty, more = d.Pull()
			d.drawn |= dirty
		}
		if condition() {
			return
		}
		select {
		case <-d.wake:
		case <-end:
			t := d.Tab()
			d.t.Fatalf("%s: it does not happen; state %d, answer %+v, problems %v, message %q", what, t.State, t.Answer, t.Problems, d.Message)
		}
	}
}

func (d *desk) idle() bool { return d.Tab().State == view.TabIdle }

// ask sends a request from the current tab and gives the answer.
func (d *desk) ask(method protocol.Code, address, payload string) *view.Answer {
	d.t.Helper()
	t := d.Tab()
	t.Draft.Method, t.Draft.Address, t.Draft.Payload = method, address, payload
	d.Send()
	if len(t.Problems) > 0 {
		d.t.Fatalf("%s: %v", address, t.Problems)
	}
	d.until(address, d.idle)
	return t.Answer
}

func TestWorkbenchAsks(t *testing.T) {
	d := sitDown(t)
	d.until("the first drawing", func() bool { return d.drawn == view.PartAll })
	d.drawn = 0
	a := d.ask(protocol.GET, d.address("plugtest")+"/validate", "")
	if a.Err != nil || a.Message.Code != protocol.Content || string(a.Message.Payload) != "Validate me.\n" || !a.Piggybacked || a.From.String() != d.address("plugtest") {
		t.Errorf("answer %+v", a)
	}
	if d.SelectedFrame() != a.Received || d.Inspector.Frame == nil || d.Inspector.Frame.Seq != a.Received {
		t.Errorf("frame %d is selected, want that of the answer, %d", d.SelectedFrame(), a.Received)
	}
	if d.Inspector.Related != "↔ #1" {
		t.Errorf("related: %q", d.Inspector.Related)
	}
	if d.Traffic.Total() != 2 || d.Traffic.Row(0).Summary != "/validate" {
		t.Errorf("%d packets, the first is %+v", d.Traffic.Total(), d.Traffic.Row(0))
	}
	if want := view.PartTabs | view.PartAnswer | view.PartPackets | view.PartInspector | view.PartStatus; d.drawn&want != want {
		t.Errorf("drawn %b, want %b", d.drawn, want)
	}
	if x, ok := d.Traffic.ExchangeOf(a.Received); !ok || x.RTT != a.RTT {
		t.Errorf("the answer took %v, its exchange %v", a.RTT, x.RTT)
	}
	// A path goes to the device that answered last.
	if a := d.ask(protocol.GET, "/none", ""); a.Err != nil || a.Message.Code != protocol.NotFound {
		t.Errorf("answer %+v", a)
	}
	if _, more := d.Pull(); more {
		t.Error("more to pull where nothing happens")
	}
	if dirty, _ := d.Pull(); dirty != 0 {
		t.Errorf("drawn %b where nothing happens", dirty)
	}
}

func TestWorkbenchSaysWhatIsWrong(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft.Address = "http://192.0.2.1/"
	tab.Draft.Options = []draft.Option{{Number: protocol.MaxAge, Text: "soon"}}
	d.Send()
	if len(tab.Problems) != 2 || tab.State != view.TabIdle || tab.Answer != nil {
		t.Errorf("problems %v, state %d, answer %+v", tab.Problems, tab.State, tab.Answer)
	}
	d.Pull()
	if d.Traffic.Total() != 0 {
		t.Error("something was sent")
	}
	tab.Draft = draft.Draft{Method: protocol.PUT, Address: d.address("store") + "/upload", Form: draft.File, Payload: filepath.Join(t.TempDir(), "none")}
	d.Send()
	d.until("a missing file", d.idle)
	if tab.Answer == nil || !os.IsNotExist(tab.Answer.Err) || d.Traffic.Total() != 0 {
		t.Errorf("a missing file: %+v", tab.Answer)
	}
}

func TestWorkbenchMovesFilesInBlocks(t *testing.T) {
	d := sitDown(t)
	body := lab.Blob(5, 50_000)
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	d.Tab().Draft.Form, d.Tab().Draft.BlockSize = draft.File, 512
	if a := d.ask(protocol.PUT, d.address("store")+"/upload", file); a.Err != nil || a.Message.Code.Class() != 2 || a.Exchanges != 98 {
		t.Fatalf("PUT: %+v", a)
	}
	if p := d.Tab().Progress; p == nil || p.Bytes != 50_000 {
		t.Errorf("progress %+v", p)
	}
	d.Tab().Draft.Form = draft.Text
	if a := d.ask(protocol.GET, "/upload", ""); a.Err != nil || !bytes.Equal(a.Message.Payload, body) {
		t.Errorf("GET: %+v", a)
	}
}

func TestWorkbenchTree(t *testing.T) {
	d := sitDown(t)
	d.AddHost(d.address("livingroom-node"))
	d.until("the device", func() bool { return d.Devices.Len() == 1 })
	rows := d.Devices.Rows(time.Now())
	id := ""
	for _, r := range rows {
		if r.Text == "temp" {
			id = r.ID
		}
	}
	if rows[0].Text != "livingroom-node" || id == "" {
		t.Fatalf("rows %+v", rows)
	}
	if !d.SelectRow(id) || d.SelectedRow() != id {
		t.Error("the row of a resource is none")
	}
	if want := "coap://" + d.address("livingroom-node") + "/sensors/temp"; d.Tab().Draft.Address != want || len(d.Tabs) != 1 {
		t.Errorf("address %q in %d tabs, want %q in one", d.Tab().Draft.Address, len(d.Tabs), want)
	}
	d.Send()
	d.until("the answer", d.idle)
	for _, r := range d.Devices.Rows(time.Now()) {
		if r.ID == id && !strings.Contains(r.Right, ".") {
			t.Errorf("the value is not in the tree: %+v", r)
		}
	}
	if d.Traffic.Row(0).Peer != "livingroom-node" {
		t.Errorf("peer %q", d.Traffic.Row(0).Peer)
	}
	if d.SelectRow(rows[0].ID) {
		t.Error("a device is no resource")
	}
	// What the user has written stays: another row goes to another tab.
	d.Tab().Draft.Payload = "mine"
	for _, r := range rows {
		if r.Text == "humidity" {
			d.SelectRow(r.ID)
		}
	}
	if len(d.Tabs) != 2 || d.Tabs[0].Draft.Payload != "mine" || !strings.HasSuffix(d.Tab().Draft.Address, "/sensors/humidity") {
		t.Errorf("%d tabs, the first has %+v, the current %+v", len(d.Tabs), d.Tabs[0].Draft, d.Tab().Draft)
	}
	// A click means GET: what is written for the same resource must not be sent by it.
	d.Tabs[0].Draft.Method = protocol.PUT
	if !d.SelectRow(id) || len(d.Tabs) != 2 || d.Tab() == d.Tabs[0] || d.Tab().Draft.Method != protocol.GET || d.Tab().Draft.Payload != "" {
		t.Errorf("%d tabs, the current has %+v", len(d.Tabs), d.Tab().Draft)
	}
	// Nor may it end an observation of the resource.
	d.Observe()
	d.until("the registration", func() bool { return d.Tab().State == view.TabObserving })
	if d.SelectRow(id) || len(d.Tabs) != 2 {
		t.Error("a click on an observed resource asks for it")
	}
}

func TestWorkbenchObserves(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft.Address = d.address("plugtest") + "/obs"
	d.Observe()
	d.until("the registration", func() bool { return tab.State == view.TabObserving && tab.Answer != nil })
	first := string(tab.Answer.Message.Payload)
	if tab.Answer.RTT <= 0 {
		t.Error("the frame of the answer was not known yet")
	}
	if tab.Answer.Notified != 1 || d.SelectedFrame() != tab.Answer.Received {
		t.Errorf("first answer %+v", tab.Answer)
	}
	for want := 2; want <= 4; want++ {
		d.lab.Tick()
		d.until("a notification", func() bool { return tab.Answer.Notified >= want })
	}
	if got := string(tab.Answer.Message.Payload); got == first {
		t.Errorf("the value is still %q", got)
	}
	if !d.Ticking() {
		t.Error("an observation counts down")
	}
	d.Observe()
	if tab.State != view.TabCancelling {
		t.Errorf("state %d", tab.State)
	}
	d.until("the end", d.idle)
	if tab.Answer.Note == "" || len(d.Engine.OpenExchanges()) != 0 {
		t.Errorf("note %q, open %+v", tab.Answer.Note, d.Engine.OpenExchanges())
	}
	// One that cannot be observed is answered all the same.
	tab.Draft.Address = d.address("plugtest") + "/validate"
	d.Observe()
	d.until("the answer", d.idle)
	if tab.Answer.Message.Code != protocol.Content || !strings.Contains(tab.Answer.Note, "not observable") {
		t.Errorf("answer %+v", tab.Answer)
	}
}

// silent is a socket that never answers.
func silent(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

func TestWorkbenchCancels(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft.Address = silent(t) + "/x"
	d.Send()
	d.until("the transmission", func() bool { return tab.Last != nil })
	if tab.State != view.TabAsking || tab.Last.Attempt != 1 || tab.Last.Of != 5 {
		t.Errorf("state %d, last %+v", tab.State, tab.Last)
	}
	d.Cancel()
	d.until("the end", d.idle)
	if y, ok := d.Why(tab); !ok || y.Clues[0].Title != "Cancelled" || y.Clues[0].Next == "" {
		t.Errorf("%+v", y)
	}
	if open := d.Engine.OpenExchanges(); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

// Freshness is proven without a word of the user's; the answer tells.
func TestWorkbenchTellsOfEcho(t *testing.T) {
	d := sitDown(t)
	a := d.ask(protocol.PUT, d.address("actuator")+"/actuators/lock", "0")
	if a.Message.Code != protocol.Changed || !strings.Contains(a.Note, "Echo") || strings.Contains(a.Summary(), "blocks") {
		t.Errorf("%v, %q, %q", a.Message.Code, a.Note, a.Summary())
	}
}

// A tab shows what it asked last, even if something older ends later.
func TestWorkbenchForgetsWhatWasReplaced(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft.Address = silent(t) + "/x"
	d.Send()
	d.until("the transmission", func() bool { return tab.Last != nil })
	if a := d.ask(protocol.GET, d.address("plugtest")+"/validate", ""); a.Err != nil || a.Message.Code != protocol.Content {
		t.Errorf("answer %+v", a)
	}
	d.until("the end of the first", func() bool { return len(d.Engine.OpenExchanges()) == 0 })
	if tab.Answer.Err != nil || tab.State != view.TabIdle {
		t.Errorf("the older request has replaced the answer: %+v", tab.Answer)
	}
}

// While a request is open, its tab shows the answer of the same request before it, but not of another, and
// no failure.
func TestWorkbenchShowsNoOtherAnswer(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	a := d.ask(protocol.GET, d.address("plugtest")+"/validate", "")
	d.Send()
	if tab.State != view.TabAsking || tab.Shown() != a {
		t.Errorf("state %d, the last answer of the resource is gone: %+v", tab.State, tab.Shown())
	}
	d.until("the answer", d.idle)
	tab.Draft.Address = silent(t) + "/x"
	d.Send()
	if tab.State != view.TabAsking || tab.Shown() != nil {
		t.Errorf("state %d, the answer of another resource: %+v", tab.State, tab.Shown())
	}
	d.Cancel()
	d.until("the end", d.idle)
	d.Send()
	if tab.State != view.TabAsking || tab.Shown() != nil {
		t.Errorf("state %d, an old failure: %+v", tab.State, tab.Shown())
	}
	d.Cancel()
	d.until("the end", d.idle)
}

func TestWorkbenchTabs(t *testing.T) {
	d := sitDown(t)
	first := d.Tab()
	first.Draft.Address = "coap://192.0.2.1/a?b"
	second := d.NewTab()
	if d.Tab() != second || second.Draft.Address != "coap://192.0.2.1/" && second.Draft.Address != "coap://192.0.2.1" {
		t.Errorf("a new tab is for the same device: %q", second.Draft.Address)
	}
	third := d.NewTab()
	d.SelectTab(first.ID)
	if d.Tab() != first || d.Title(first) != "GET a?b" {
		t.Errorf("current tab %q", d.Title(d.Tab()))
	}
	d.CloseTab(second.ID)
	if d.Tab() != first || len(d.Tabs) != 2 {
		t.Errorf("closing another tab keeps the current one: %q of %d", d.Tab().ID, len(d.Tabs))
	}
	d.SelectTab(third.ID)
	d.CloseTab(third.ID)
	if d.Tab() != first {
		t.Errorf("current tab %q", d.Tab().ID)
	}
	d.CloseTab("none")
	d.CloseTab(first.ID)
	if len(d.Tabs) != 1 || d.Tab() == first || d.Tab().Draft.Address != "" {
		t.Errorf("there is always a tab, an empty one at last: %+v", d.Tab())
	}

	// What was closed comes back, the latest first, where it was.
	d.ReopenTab()
	if len(d.Tabs) != 1 || d.Tab() != first {
		t.Errorf("the first is not back: %+v", d.Tabs)
	}
	d.ReopenTab()
	d.ReopenTab()
	if !slices.Equal(d.Tabs, []*view.Tab{first, second, third}) || d.Tab() != second {
		t.Errorf("the tabs are %+v, the current one %q", d.Tabs, d.Tab().ID)
	}
	if why := d.WhyNoClosedTab(); why != "no tab was closed" {
		t.Errorf("%q", why)
	}
	d.ReopenTab()
	for range 12 {
		d.CloseTab(d.NewTab().ID)
	}
	for d.WhyNoClosedTab() == "" {
		d.ReopenTab()
	}
	if len(d.Tabs) != 13 {
		t.Errorf("%d tabs, of 12 that were closed 10 can be had back", len(d.Tabs))
	}
}

// file is a file in memory that tells when it is closed.
type file struct {
	bytes.Buffer
	closed chan struct{}
}

func (f *file) Close() error {
	close(f.closed)
	return nil
}

func TestWorkbenchCaptures(t *testing.T) {
	d := sitDown(t)
	d.ask(protocol.GET, d.address("plugtest")+"/validate", "")
	d.ask(protocol.GET, "/large", "")
	d.until("the packets", func() bool { return d.Traffic.Total() == d.Engine.Log().Len() })
	n := d.Traffic.Total()
	saved := &file{closed: make(chan struct{})}
	d.SaveCapture("a.pcapng", saved)
	d.until("the capture is saved", func() bool { return d.MessageConcept == view.Good })
	<-saved.closed

	opened := &file{closed: make(chan struct{})}
	opened.Write(saved.Bytes())
	d.OpenCapture("b.pcapng", opened)
	if d.CaptureName() != "b.pcapng" || d.Inspector.Frame != nil {
		t.Errorf("name %q, inspector still shows %v", d.CaptureName(), d.Inspector.Frame)
	}
	d.until("the capture is read", func() bool { return strings.HasPrefix(d.Message, "b.pcapng: ") && d.Traffic.Total() == n })
	<-opened.closed
	if d.MessageConcept != view.Good {
		t.Errorf("message %q", d.Message)
	}
	for s := trace.Seq(1); int(s) <= n; s++ {
		if live := d.Engine.Log().At(s); !bytes.Equal(d.Traffic.Frame(s).Data, live.Data) || d.Traffic.Frame(s).Source != live.Source {
			t.Errorf("frame %d differs from the live one", s)
		}
	}
	d.SelectFrame(2)
	if d.Inspector.Frame == nil || d.Inspector.Related != "↔ #1" {
		t.Errorf("inspector: %+v, %q", d.Inspector.Frame, d.Inspector.Related)
	}
	// An answer does not take the user out of the file.
	d.ask(protocol.GET, "/validate", "")
	if d.CaptureName() != "b.pcapng" || d.SelectedFrame() != 2 || d.Traffic.Total() != n {
		t.Errorf("an answer shows: %q, frame %d, %d packets", d.CaptureName(), d.SelectedFrame(), d.Traffic.Total())
	}
	d.ShowLive()
	d.until("the live packets", func() bool { return d.Traffic.Total() == n+2 })
	if d.CaptureName() != "" || d.SelectedFrame() != 0 {
		t.Errorf("live: %q, frame %d", d.CaptureName(), d.SelectedFrame())
	}

	// A filter stays with the list that it stands above.
	d.Traffic.SetFilter("GET")
	again := &file{closed: make(chan struct{})}
	again.Write(saved.Bytes())
	d.OpenCapture("b.pcapng", again)
	d.until("the capture is read again", func() bool { return strings.HasPrefix(d.Message, "b.pcapng: ") && d.Traffic.Total() == n })
	if got := d.Traffic.Len(); !d.Traffic.Filtered() || got == 0 || got == n {
		t.Errorf("%d of %d packets are shown", got, n)
	}
	d.Traffic.SetFilter("")

	d.OpenCapture("c.pcap", io.NopCloser(strings.NewReader("this is no capture")))
	d.until("the error", func() bool { return d.MessageConcept == view.Error })
	if !strings.HasPrefix(d.Message, "c.pcap: ") {
		t.Errorf("message %q", d.Message)
	}
}

// The status line names the interface 30 times a second; the system is not asked as often.
func TestInterfacesAreRemembered(t *testing.T) {
	d := sitDown(t)
	if n := testing.AllocsPerRun(100, func() { d.ScanInterfaces() }); n > 10 {
		t.Errorf("%v allocations", n)
	}
}

func TestWorkbenchStatus(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft.Address = silent(t)
	d.Send()
	d.until("the transmission", func() bool { return tab.Last != nil })
	says := func() (texts []string) {
		for _, i := range d.Status(time.Now()) {
			texts = append(texts, i.Text)
		}
		return texts
	}
	if got := strings.Join(says(), " | "); !strings.Contains(got, "1 exchange open · next retransmission ") || !strings.Contains(got, "rx 0  tx 1") {
		t.Errorf("while it waits: %s", got)
	}
	d.Cancel()
	d.until("the end", d.idle)
	if got := strings.Join(says(), " | "); strings.Contains(got, "exchange") {
		t.Errorf("after the end: %s", got)
	}
}
