package snippet_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/capture"
	"coapscope/session/trace"
	"coapscope/ui/snippet"
)

// A filter is right for tshark, and of a capture of all samples it finds the packet of its own.
func TestWiresharkFilters(t *testing.T) {
	tshark := tool(t, "tshark", "it judges filters")
	kind, _ := snippet.Find("wireshark")
	client, server := netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.7:5683")
	var frames []*trace.Frame
	var filters, names []string
	for _, s := range samples() {
		b := build(t, s.at("192.0.2.7"))
		filter, err := kind.Write(b)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		data := b.Raw
		switch {
		case b.Ping():
			data = []byte{0x40, 0, 0, 1}
		case data == nil:
			m, _ := firstOf(t, b)
			m.MessageID = protocol.MessageID(len(frames))
			if !b.Request.FixedToken {
				m.Token = protocol.TokenOf([]byte{byte(len(frames)), 0xaa})
			}
			if data, err = m.Append(nil); err != nil {
				t.Fatal(err)
			}
		}
		frames = append(frames, &trace.Frame{Seq: trace.Seq(len(frames) + 1), Time: time.Unix(int64(len(frames)), 0), Source: client, Destination: server, Transport: trace.UDP, Data: data})
		filters, names = append(filters, filter), append(names, s.name)
	}
	// What goes to another host and port, and what comes back, is none of it.
	other := *frames[2]
	other.Destination = netip.MustParseAddrPort("192.0.2.8:5683")
	back := *frames[2]
	back.Source, back.Destination = server, client
	frames = append(frames, &other, &back)
	var file bytes.Buffer
	if err := capture.Write(&file, slices.Values(frames)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "all.pcapng")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	find := func(filter string) []string {
		output, err := exec.Command(tshark, "-n", "-r", path, "-Y", filter, "-T", "fields", "-e", "frame.number").Output()
		if err != nil {
			t.Errorf("%v\n%s", err, filter)
		}
		return strings.Fields(string(output))
	}
	// All of them are right, and find no other packets.
	if got := find("(" + strings.Join(filters, ") || (") + ")"); len(got) != len(filters) {
		t.Errorf("all filters find %d packets, want %d: %v", len(got), len(filters), got)
	}
	for _, name := range []string{
		"NON", "path and query", "special characters", "percent-encoding", "Accept 0", "ETags", "unknown text", "observe", "token", "5 KB, 64", "proxy in parts", "raw", "ping",
	} {
		at := slices.Index(names, name)
		var want []string
		for i, f := range frames[:len(filters)] {
			if same(f.Data, frames[at].Data) {
				want = append(want, fmt.Sprint(i+1))
			}
		}
		if name == "token" {
			want = []string{fmt.Sprint(at + 1)}
		}
		got := find(filters[at])
		if name == "5 KB, 64" && slices.Contains(got, fmt.Sprint(at+1)) {
			continue // whatever is sent there, in blocks and whole
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: packets %v, want %v\n%s", name, got, want, filters[at])
		}
	}
}

// same tells whether two datagrams have the same type, code and options.
func same(a, b []byte) bool {
	x, err := protocol.Parse(a)
	y, err2 := protocol.Parse(b)
	if err != nil || err2 != nil {
		return bytes.Equal(a, b)
	}
	return x.Type == y.Type && x.Code == y.Code && slices.EqualFunc(x.Options, y.Options, func(a, b protocol.Option) bool {
		return a.Number == b.Number && bytes.Equal(a.Value, b.Value)
	})
}
