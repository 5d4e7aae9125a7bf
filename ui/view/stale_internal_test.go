package view

import (
	"bytes"
	"io"
	"net/netip"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/capture"
	"coapscope/session/trace"
)

// stage is a workbench, and a log of packets that can be shown instead of the live ones.
func stage(t *testing.T, messages ...protocol.Message) (*Workbench, *Traffic) {
	t.Helper()
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	t.Cleanup(w.Close)
	w.LoadNames(filepath.Join(t.TempDir(), "names.txt"))
	log := new(trace.Log)
	client, server := netip.MustParseAddrPort("192.0.2.7:40000"), netip.MustParseAddrPort("192.0.2.1:5683")
	for i, m := range messages {
		data, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		f := trace.Frame{Direction: trace.Seen, Source: client, Destination: server, Data: data, Time: time.Unix(1_700_000_000, int64(i)*1e8)}
		if m.Code.IsResponse() {
			f.Source, f.Destination = server, client
		}
		log.Append(f)
	}
	return w, NewTraffic(log, w.Devices.Name)
}

func pullAll(t *Traffic) {
	for more := true; more; {
		_, more = t.Pull()
	}
}

const deviceID = "option 3332 Device-Id opaque 1-8 request\n"

func tagged(id protocol.MessageID, value byte) protocol.Message {
	m := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET, MessageID: id, Token: protocol.TokenOf([]byte{byte(id)})}
	m.Options = m.Options.Add(3332, []byte{value})
	return m
}

// What is shown, and what is shown later, follows the names that the user gives.
func TestNamesReachFiltersColumnsAndComparisons(t *testing.T) {
	w, file := stage(t, tagged(1, 1), tagged(2, 2))
	// A column of the last run, whose name is read from the file later.
	w.Traffic.SetColumns("path", "device-id")
	if n := len(w.Traffic.Columns()); n != 1 {
		t.Errorf("%d columns before the names are known", n)
	}
	if names := w.Traffic.ColumnNames(); len(names) != 2 {
		t.Errorf("the columns %q are kept for the next run", names)
	}
	w.SetFilter("device-id == 02")
	if w.Traffic.FilterError() == nil {
		t.Error("the filter can be read before the names are known")
	}
	w.show(file, "a.pcap")
	if err := w.SaveNames(deviceID); err != nil {
		t.Fatal(err)
	}
	pullAll(file)
	if w.Traffic.FilterError() != nil || w.Traffic.Len() != 1 || w.Traffic.Seq(0) != 2 {
		t.Errorf("the file shows %d packets: %v", w.Traffic.Len(), w.Traffic.FilterError())
	}
	if len(w.Traffic.Columns()) != 2 || w.Traffic.ColumnText(0, 1) != "02" {
		t.Errorf("columns %+v", w.Traffic.ColumnNames())
	}
	w.ShowLive() // with the same text, which was no filter when the live packets were shown
	if w.Traffic.FilterError() != nil || len(w.Traffic.Columns()) != 2 {
		t.Errorf("live: %v, columns %q", w.Traffic.FilterError(), w.Traffic.ColumnNames())
	}

	w.show(file, "a.pcap")
	w.SelectFrame(2)
	c, why := w.Comparison()
	if c == nil {
		t.Fatal(why)
	}
	for _, r := range c.Fields {
		if r.State == CompareOnlyLeft || r.State == CompareOnlyRight {
			t.Errorf("%s stands alone: %s", r.Name, r.State.Sign())
		}
	}
}

// What refers to packets by number goes when other packets are shown; edits stay as long as their file is open.
func TestOtherPacketsForgetWhatIsOfTheseOnes(t *testing.T) {
	w, file := stage(t, tagged(1, 1), tagged(2, 2), tagged(3, 3))
	var saved bytes.Buffer
	if err := capture.Write(&saved, frames(file.log, 3)); err != nil {
		t.Fatal(err)
	}
	open := func(name string) {
		t.Helper()
		w.OpenCapture(name, io.NopCloser(bytes.NewReader(saved.Bytes())))
		for w.MessageConcept == Dim {
			w.Pull()
			runtime.Gosched()
		}
		pullAll(w.Traffic)
	}
	open("a.pcap")
	w.SelectFrame(1)
	w.PinCompared()
	w.Inspector.SetEditing(true)
	w.Inspector.SetBit(0, true)
	w.ShowLive() // as after sending the edited message
	if w.Compared.Pinned != 0 {
		t.Errorf("packet #%d of another list is compared with", w.Compared.Pinned)
	}
	away := w.Away()
	if len(away) != 1 || away[0].Name != "a.pcap" {
		t.Fatalf("to go back to there is %v", away)
	}
	away[0].Show()
	w.SelectFrame(1)
	if w.CaptureName() != "a.pcap" || !w.Inspector.Editing() || len(w.Away()) != 0 {
		t.Errorf("back in %q, editing %v", w.CaptureName(), w.Inspector.Editing())
	}
	open("b.pcap")
	if n := w.Inspector.Drafts(); n != 0 {
		t.Errorf("%d drafts of a closed file", n)
	}
	w.SelectFrame(1)
	w.Inspector.SetEditing(true)
	w.Inspector.SetBit(0, true)
	w.CloseCapture()
	if n := w.Inspector.Drafts(); n != 0 || len(w.Away()) != 0 || w.Traffic != w.live {
		t.Errorf("after closing: %d drafts, %v to go back to", n, w.Away())
	}
}

// What is wrong by history is shown again when the edit ends that was open when the frame was selected.
func TestHistoryAfterEdit(t *testing.T) {
	again := tagged(1, 1)
	again.Payload = []byte("x")
	w, file := stage(t, tagged(1, 1), again)
	w.show(file, "a.pcap")
	pullAll(file)
	w.SelectFrame(2)
	n := len(w.Inspector.History)
	if n == 0 {
		t.Fatal("nothing is wrong with the second packet")
	}
	w.Inspector.SetEditing(true)
	w.Inspector.SetBit(20, true)
	w.SelectFrame(1)
	w.SelectFrame(2)
	w.Inspector.SetEditing(false)
	if got := len(w.Inspector.History); got != n {
		t.Errorf("%d findings by history, there were %d", got, n)
	}
}

// However little time there is, Pull says that there is more until all findings that pass the filter are listed.
func TestListOfFindingsIsPulledToItsEnd(t *testing.T) {
	var messages []protocol.Message
	for i := range 3 * pullFrames {
		m := tagged(protocol.MessageID(i), 1)
		m.Options = m.Options.Add(protocol.URIHost, []byte("UPPER"))
		messages = append(messages, m)
	}
	_, v := stage(t, messages...)
	pullAll(v)
	clock := time.Unix(0, 0)
	v.now = func() time.Time { clock = clock.Add(time.Second); return clock }
	v.SetFilter("code == GET")
	pullAll(v)
	if got, want := v.FindingsLen(), v.FindingsTotal(); got != want || want < 3*pullFrames {
		t.Errorf("%d of %d findings are listed", got, want)
	}
}

// awaited is a file without end, of which nothing comes before it is released.
type awaited struct {
	released, closed chan struct{}
	reads            int
}

func (a *awaited) Read(b []byte) (int, error) {
	<-a.released
	a.reads++
	b[0] = 0
	return 1, nil
}

func (a *awaited) Close() error { close(a.closed); return nil }

// A file that is closed while it is read is read no further, and says nothing any more.
func TestClosedCaptureIsReadNoFurther(t *testing.T) {
	w, _ := stage(t)
	file := &awaited{released: make(chan struct{}), closed: make(chan struct{})}
	w.OpenCapture("a.pcap", file)
	w.CloseCapture()
	w.Say(Good, "something else")
	close(file.released)
	<-file.closed
	if file.reads > 1 {
		t.Errorf("%d reads after it was closed", file.reads)
	}
	for more := true; more; {
		_, more = w.Pull()
	}
	if w.Message != "something else" {
		t.Errorf("the closed file says %q", w.Message)
	}
}
