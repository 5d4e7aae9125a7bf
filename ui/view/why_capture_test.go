package view_test

import (
	"bytes"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/capture"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

// recorded is a packet between a client and others, some time after the first.
type recorded struct {
	after    time.Duration
	from, to string
	data     []byte
}

const (
	client = "192.0.2.7:40000"
	server = "192.0.2.1:5683"
)

func bytesOf(m protocol.Message) []byte {
	b, err := m.Append(nil)
	if err != nil {
		panic(err)
	}
	return b
}

// opens shows packets by way of a capture file.
func (d *desk) opens(packets []recorded) {
	d.t.Helper()
	var file bytes.Buffer
	frames := func(yield func(*trace.Frame) bool) {
		for i, p := range packets {
			f := trace.Frame{
				Seq: trace.Seq(i + 1), Time: time.Unix(1_700_000_000, 0).Add(p.after), Direction: trace.Seen,
				Source: netip.MustParseAddrPort(p.from), Destination: netip.MustParseAddrPort(p.to), Data: p.data,
			}
			if !yield(&f) {
				return
			}
		}
	}
	if err := capture.Write(&file, frames); err != nil {
		d.t.Fatal(err)
	}
	d.OpenCapture("a.pcapng", io.NopCloser(&file))
	d.until("the file", func() bool { return d.Traffic.Total() == len(packets) && d.MessageConcept == view.Good })
}

// Packets alone tell why, whoever sent them.
func TestWhyOfRecordedPackets(t *testing.T) {
	token := protocol.TokenOf([]byte{1, 2, 3, 4})
	request := protocol.Message{Code: protocol.GET, MessageID: 7, Token: token}
	request.Options = request.Options.Add(protocol.URIPath, []byte("x"))
	non := request
	non.Type = protocol.NonConfirmable
	con, once := bytesOf(request), bytesOf(non)
	content := bytesOf(protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: 7, Token: token})
	ack := bytesOf(protocol.Message{Type: protocol.Acknowledgement, MessageID: 7})
	other := request
	other.MessageID, other.Token = 8, protocol.TokenOf([]byte{9, 9})
	otherContent := bytesOf(protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: 8, Token: other.Token})
	ms := time.Millisecond
	for _, c := range []struct {
		name      string
		packets   []recorded
		certainty view.Certainty
		title     string
		frame     trace.Seq
		clause    string
	}{
		{"silence", []recorded{{0, client, server, con}, {2 * time.Second, client, server, con}}, view.Likely, "No sign of the device", 2, "RFC 7252 §4.2"},
		{"from another port", []recorded{{0, client, server, con}, {ms, "192.0.2.1:5685", client, content}}, view.Certain, "The answer came from port 5685 instead of 5683", 2, "RFC 7252 §5.3.2"},
		{"from another host", []recorded{{0, client, server, con}, {ms, "192.0.2.9:5683", client, content}}, view.Certain, "The answer came from 192.0.2.9:5683", 2, "RFC 7252 §5.3.2"},
		{"a Reset", []recorded{{0, client, server, con}, {ms, server, client, []byte{0x70, 0, 0, 7}}}, view.Certain, "The device rejected the message with a Reset", 2, "RFC 7252 §4.2"},
		{"acknowledged", []recorded{{0, client, server, con}, {ms, server, client, ack}, {2 * ms, server, client, ack}}, view.Likely, "The device has the request, and its response has not come", 2, "RFC 7252 §5.2.2"},
		{"another token", []recorded{{0, client, server, con}, {ms, server, client, bytesOf(protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: 7})}}, view.Certain, "The answer has another token", 2, "RFC 7252 §5.3.2"},
		{"late", []recorded{{0, client, server, con}, {95 * time.Second, server, client, content}}, view.Likely, "The answer came too late", 2, "RFC 7252 §4.8.2"},
		{"a group", []recorded{{0, client, "224.0.1.187:5683", once}}, view.Likely, "Nobody in the group has something to say", 1, "RFC 7252 §8.2"},
		{"a Confirmable to a group", []recorded{{0, client, "224.0.1.187:5683", con}}, view.Certain, "A request to a group must be Non-confirmable", 1, "RFC 7252 §8.1"},
		{
			"others are answered",
			[]recorded{{0, client, server, con}, {ms, client, server, bytesOf(other)}, {2 * ms, server, client, otherContent}},
			view.Likely, "The device answers others, and not this request", 3, "RFC 7252 §4.2",
		},
		{
			"it was there",
			[]recorded{{0, client, server, bytesOf(other)}, {ms, server, client, otherContent}, {2 * ms, client, server, con}},
			view.Likely, "The device was there, and is silent now", 2, "RFC 7252 §4.2",
		},
		{
			"the host was there",
			[]recorded{{0, client, "192.0.2.1:5699", bytesOf(other)}, {ms, "192.0.2.1:5699", client, otherContent}, {2 * ms, client, server, con}},
			view.Likely, "The host is there, but not heard on this port", 2, "RFC 7252 §4.2",
		},
		{
			"a response of nothing",
			[]recorded{{0, client, server, con}, {2 * ms, "192.0.2.1:5699", client, otherContent}},
			view.Unknown, "Whether an ICMP error came", 0, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := alone(t, hasty())
			d.opens(c.packets)
			at := slices.IndexFunc(c.packets, func(p recorded) bool { return bytes.Equal(p.data, con) || bytes.Equal(p.data, once) })
			i := d.Unanswered(trace.Seq(at + 1))
			y, ok := d.WhyExchange(i)
			if !ok || y.Open {
				t.Fatalf("exchange %d: %v, %+v", i, ok, y)
			}
			if got := y.Clues[0]; got.Certainty != c.certainty || got.Title != c.title || got.Frame != c.frame || got.Clause != c.clause {
				t.Errorf("%+v\n%s", got, y.Text())
			}
			icmp := slices.IndexFunc(y.Clues, func(c view.Clue) bool { return strings.Contains(c.Title, "ICMP") })
			if icmp >= 0 && y.Clues[icmp].Certainty != view.Unknown {
				t.Error("packets of a file know of ICMP errors")
			}
			for _, clue := range y.Clues {
				if clue.Frame > trace.Seq(len(c.packets)) {
					t.Errorf("frame %d of %d", clue.Frame, len(c.packets))
				}
			}
		})
	}
	d := alone(t, hasty())
	d.opens([]recorded{{0, client, server, con}, {ms, server, client, content}})
	if d.Unanswered(1) != 0 || d.Unanswered(2) != 0 {
		t.Error("an exchange with an answer passes for one without")
	}
}
