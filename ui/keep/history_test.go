package keep

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// sample is an entry with everything set.
func sample(n int) Entry {
	at := time.Unix(1_800_000_000, int64(n))
	return Entry{
		Draft: draft.Draft{Method: protocol.PUT, Address: "coap://{{host}}/led", Payload: fmt.Sprintf(`{"n": %d}`, n), Form: draft.JSON, Options: []draft.Option{{Number: protocol.Accept, Text: "60"}}},
		URI:   fmt.Sprintf("coap://192.0.2.1/led/%d", n), Asked: at, State: Answered,
		Message: protocol.Message{
			Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: 7, Token: protocol.TokenOf([]byte{1, 2}),
			Options: protocol.Options{{Number: protocol.ContentFormatOption, Value: []byte{0}}, {Number: 65001, Value: []byte{0xff}}},
			Payload: []byte(fmt.Sprintf("Grüße %d", n)),
		},
		From: netip.MustParseAddrPort("192.0.2.1:5683"), At: at.Add(time.Second), RTT: 24 * time.Millisecond, Duration: 30 * time.Millisecond,
		Attempts: 2, Exchanges: 3, Retries: 1, Notified: 4, Piggybacked: true, Note: "said",
		Echoed: 1, Suppressed: true, FromCache: true, Validated: true, Age: time.Second,
	}
}

// openTest opens the history of a folder. troubles are what it tells.
func openTest(t *testing.T, folder string, limits Limits) (h *History, troubles chan error) {
	t.Helper()
	troubles = make(chan error, 100)
	ready := make(chan struct{}, 1)
	h = openHistory(filepath.Join(folder, "history.db"), limits, func(err error) { troubles <- err }, func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	})
	t.Cleanup(h.Close)
	if h.Mine() {
		for !h.Ready() {
			<-ready
		}
	}
	return h, troubles
}

func uris(h *History) (list []string) {
	for i := range h.Len() {
		r, _ := h.Row(i)
		list = append(list, r.URI)
	}
	return list
}

func TestHistoryComesBack(t *testing.T) {
	folder := t.TempDir()
	h, _ := openTest(t, folder, DefaultLimits)
	want := sample(1)
	want.ID = h.Add(want)
	open := sample(2)
	open.State, open.Message = Waiting, protocol.Message{}
	open.ID = h.Add(open)
	failed := open
	failed.State, failed.Failure = Failed, "no answer came"
	h.Set(failed)
	third := h.Add(sample(3))
	h.Delete(third)
	h.Set(Entry{ID: third}) // an answer to what was deleted
	h.Close()

	h, troubles := openTest(t, folder, DefaultLimits)
	if got := uris(h); !slices.Equal(got, []string{"coap://192.0.2.1/led/2", "coap://192.0.2.1/led/1"}) {
		t.Fatalf("rows %v", got)
	}
	got, err := h.Get(want.ID)
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{}, protocol.Token{})); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if got, err = h.Get(failed.ID); err != nil || got.State != Failed || got.Failure != failed.Failure {
		t.Errorf("%v %+v", err, got)
	}
	if _, err := h.Get(third); err == nil {
		t.Error("what was deleted is there")
	}
	r, _ := h.ByID(want.ID)
	if r.Method != protocol.PUT || r.Code != protocol.Content || r.RTT != want.RTT || r.Size != len(want.Message.Payload) || !r.Asked.Equal(want.Asked) {
		t.Errorf("row %+v", r)
	}
	h.Clear()
	h.Close()
	h, _ = openTest(t, folder, DefaultLimits)
	if h.Len() != 0 || len(troubles) != 0 {
		t.Errorf("%d entries after all were deleted, %d troubles", h.Len(), len(troubles))
	}
}

func TestHistoryKeepsTheBeginningOfLongPayloads(t *testing.T) {
	h, _ := openTest(t, t.TempDir(), DefaultLimits)
	e := sample(1)
	e.Message.Payload = make([]byte, keptPayload+1000)
	e.Draft.Payload = strings.Repeat("x", keptDraft+1)
	got, err := h.Get(h.Add(e))
	if err != nil || len(got.Message.Payload) != keptPayload || got.Left != 1000 || got.Draft.Payload != "" || got.DraftLeft != keptDraft+1 {
		t.Errorf("%v: %d bytes and %d left, draft %d and %d left", err, len(got.Message.Payload), got.Left, len(got.Draft.Payload), got.DraftLeft)
	}
	if r, _ := h.Row(0); r.Size != keptPayload+1000 {
		t.Errorf("the row says %d bytes", r.Size)
	}
	if len(e.Message.Payload) != keptPayload+1000 {
		t.Error("the caller's message was changed")
	}
}

func TestSearch(t *testing.T) {
	h := openHistory("", DefaultLimits, nil, nil)
	for i := range 10_000 {
		e := sample(i)
		if i == 4321 {
			e.State, e.Failure = Failed, "port unreachable"
		}
		h.Add(e)
	}
	count := func(text string) (n int, first string) {
		last := ^uint64(0)
		h.Search(text, func() bool { return false }, func(ids []uint64) {
			for _, id := range ids {
				if id >= last {
					t.Fatalf("%q: %d after %d", text, id, last)
				}
				last = id
				if r, ok := h.ByID(id); ok && first == "" {
					first = r.URI
				}
			}
			n += len(ids)
		})
		return n, first
	}
	for _, c := range []struct {
		text  string
		n     int
		first string
	}{
		{"", 10_000, "coap://192.0.2.1/led/9999"},
		{"put LED/77", 111, "coap://192.0.2.1/led/7799"},
		{"2.05 grüße 123", 20, "coap://192.0.2.1/led/9123"},
		{"unreachable", 1, "coap://192.0.2.1/led/4321"},
		{"get", 0, ""},
		{"content \"n\": 9999", 1, "coap://192.0.2.1/led/9999"},
	} {
		if n, first := count(c.text); n != c.n || first != c.first {
			t.Errorf("%q: %d entries, first %s; want %d, %s", c.text, n, first, c.n, c.first)
		}
	}
	chunks := 0
	h.Search("", func() bool { return chunks == 1 }, func([]uint64) { chunks++ })
	if chunks != 1 {
		t.Errorf("%d chunks after the search was stopped", chunks)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	folder := t.TempDir()
	h, _ := openTest(t, folder, Limits{Entries: 10, Bytes: 1 << 30})
	for i := range 25 {
		h.Add(sample(i))
	}
	h.Close()
	h, _ = openTest(t, folder, Limits{Entries: 1000, Bytes: 1200})
	if got := uris(h); len(got) != 10 || got[0] != "coap://192.0.2.1/led/24" {
		t.Fatalf("%v", got)
	}
	first, _ := h.Row(0)
	h.Add(sample(25))
	h.Close()
	h, _ = openTest(t, folder, DefaultLimits)
	if got := uris(h); len(got) < 2 || len(got) > 5 || got[0] != "coap://192.0.2.1/led/25" || first.stored < 100 {
		t.Errorf("by bytes: %v, of %d each", got, first.stored)
	}
}

// A second program keeps its requests in memory, and adds them to the file when the first one ends.
func TestSecondProgram(t *testing.T) {
	folder := t.TempDir()
	first, tabs := Open(PlacesIn(folder))
	first.History.Add(sample(1))
	first.SaveTabs(Tabs{Tabs: []Tab{{Draft: draft.Draft{Method: protocol.GET, Address: "first"}}}})
	if len(tabs.Tabs) != 0 {
		t.Fatal(tabs)
	}
	second, tabs := Open(PlacesIn(folder))
	troubles := make(chan Trouble, 10)
	second.Listen(func(t Trouble) { troubles <- t }, func() {})
	if got := <-troubles; !errors.Is(got.Err, ErrInUse) || len(tabs.Tabs) != 0 {
		t.Fatalf("told %v, tabs %v", got, tabs)
	}
	second.History.Add(sample(2))
	second.SaveTabs(Tabs{Tabs: []Tab{{Draft: draft.Draft{Method: protocol.GET, Address: "second"}}}})
	if got := uris(second.History); !slices.Equal(got, []string{"coap://192.0.2.1/led/2"}) {
		t.Errorf("in memory: %v", got)
	}
	first.Close()
	if got := <-troubles; got.Err != nil || got.String() != "The history: written again" {
		t.Errorf("told %v", got)
	}
	if got := uris(second.History); !slices.Equal(got, []string{"coap://192.0.2.1/led/2", "coap://192.0.2.1/led/1"}) {
		t.Errorf("together: %v", got)
	}
	second.Close()
	third, tabs := Open(PlacesIn(folder))
	defer third.Close()
	for !third.History.Ready() {
		time.Sleep(time.Millisecond)
	}
	if len(tabs.Tabs) != 1 || tabs.Tabs[0].Draft.Address != "second" || third.History.Len() != 2 {
		t.Errorf("tabs %v, history %v", tabs, uris(third.History))
	}
}

// A file that is no history, or has lost its end or some of its pages, is set aside, and the program goes on.
func TestDamagedHistory(t *testing.T) {
	whole := t.TempDir()
	h, _ := openTest(t, whole, DefaultLimits)
	for i := range 300 {
		h.Add(sample(i))
	}
	h.Close()
	content, err := os.ReadFile(filepath.Join(whole, "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	damaged := map[string][]byte{
		"no database": []byte("hello"),
		"short":       content[:len(content)/2],
		"one page":    content[:page],
		"noise":       slices.Repeat([]byte{0xa5}, len(content)),
	}
	for at := 2 * page; at < len(content); at += page {
		pages := slices.Clone(content)
		copy(pages[at:at+page], slices.Repeat([]byte{0xa5}, page))
		damaged[fmt.Sprintf("page %d", at/page)] = pages
	}
	aside := 0
	for name, content := range damaged {
		folder := t.TempDir()
		path := filepath.Join(folder, "history.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		h, troubles := openTest(t, folder, DefaultLimits)
		for i := range h.Len() { // what can be listed can be read, or is an error
			r, _ := h.Row(i)
			_, _ = h.Get(r.ID)
		}
		id := h.Add(sample(1000))
		h.Close()
		h, _ = openTest(t, folder, DefaultLimits)
		if got, err := h.Get(id); err != nil || got.URI != "coap://192.0.2.1/led/1000" {
			t.Errorf("%s: what was added is not there: %v", name, err)
		}
		var told *DamagedError
		for len(troubles) > 0 {
			if err := <-troubles; !errors.As(err, &told) {
				t.Errorf("%s: told %v", name, err)
			}
		}
		if told == nil {
			if !strings.HasPrefix(name, "page") {
				t.Errorf("%s: nothing was told", name)
			}
			continue // the page was not in use
		}
		aside++
		if kept, err := os.ReadFile(told.Aside); err != nil || len(kept) < len(content) {
			t.Errorf("%s: %d bytes of %d are aside: %v", name, len(kept), len(content), err)
		}
	}
	if aside < 8 {
		t.Errorf("only %d of %d damages were seen", aside, len(damaged))
	}
}

// A folder that cannot be written is told once, and tried again.
func TestFailingDisk(t *testing.T) {
	folder := t.TempDir()
	inTheWay := filepath.Join(folder, "data")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ := Open(PlacesIn(inTheWay))
	troubles := make(chan Trouble, 10)
	s.Listen(func(t Trouble) { troubles <- t }, func() {})
	s.History.Add(sample(1))
	s.SaveTabs(Tabs{Tabs: []Tab{{Draft: draft.Draft{Method: protocol.GET, Address: "kept"}}}})
	if got := <-troubles; got.Err == nil {
		t.Fatalf("told %v", got)
	}
	if e, err := s.History.Get(mustRow(t, s.History).ID); err != nil || e.URI != "coap://192.0.2.1/led/1" {
		t.Errorf("in memory: %v", err)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	for got := range troubles {
		if got.Err == nil && got.What == aboutHistory {
			break
		}
	}
	s.Close()
	again, tabs := Open(PlacesIn(inTheWay))
	defer again.Close()
	for !again.History.Ready() {
		time.Sleep(time.Millisecond)
	}
	if again.History.Len() != 1 || len(tabs.Tabs) != 1 || tabs.Tabs[0].Draft.Address != "kept" {
		t.Errorf("%d entries, tabs %v", again.History.Len(), tabs)
	}
}

// Where the disk fails for too long the oldest entries go, and that is told, once.
func TestOverflow(t *testing.T) {
	defer func(n int) { maxPending = n }(maxPending)
	maxPending = 3
	folder := t.TempDir()
	inTheWay := filepath.Join(folder, "data")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ := Open(PlacesIn(inTheWay))
	defer s.Close()
	troubles := make(chan Trouble, 10)
	s.Listen(func(t Trouble) { troubles <- t }, func() {})
	for i := range 5 {
		s.History.Add(sample(i))
	}
	next := func() error {
		for {
			if got := <-troubles; got.What == aboutHistory {
				return got.Err
			}
		}
	}
	if err := next(); err == nil || errors.Is(err, ErrOverflow) {
		t.Fatalf("first %v", err)
	}
	if err := next(); !errors.Is(err, ErrOverflow) {
		t.Fatalf("then %v", err)
	}
	want := []string{"coap://192.0.2.1/led/5", "coap://192.0.2.1/led/4", "coap://192.0.2.1/led/3"}
	s.History.Add(sample(5))
	if got := uris(s.History); !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	if err := next(); err != nil {
		t.Errorf("told again: %v", err)
	}
	if got := uris(s.History); !slices.Equal(got, want) {
		t.Errorf("written %v, want %v", got, want)
	}
}

func mustRow(t *testing.T, h *History) Row {
	t.Helper()
	r, ok := h.Row(0)
	if !ok {
		t.Fatal("the history is empty")
	}
	return r
}
