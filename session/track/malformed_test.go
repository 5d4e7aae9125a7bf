package track

import (
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
)

// What cannot be read stands beside the request that its header answers, and changes nothing else.
func TestTrackerPutsMalformedReplyBesideItsRequest(t *testing.T) {
	client, server := netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:5683")
	other := netip.MustParseAddrPort("192.0.2.3:5683")
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	request := protocol.Message{Code: protocol.GET, MessageID: 0x1234, Token: protocol.TokenOf([]byte{7})}
	bytes, err := request.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	marker := []byte{0x61, 0x45, 0x12, 0x34, 7, 0xff} // ACK 2.05 with a marker and no payload
	for _, c := range []struct {
		name  string
		from  netip.AddrPort
		reply []byte
		joins bool
	}{
		{"payload marker without payload", server, marker, true},
		{"token length 15", server, []byte{0x6f, 0x45, 0x12, 0x34}, true},
		{"another message ID", server, []byte{0x61, 0x45, 0x12, 0x35, 7, 0xff}, false},
		{"another endpoint", other, marker, false},
		{"a CON, which answers by its token", server, []byte{0x41, 0x45, 0x12, 0x34, 7, 0xff}, false},
		{"another version", server, []byte{0xa1, 0x45, 0x12, 0x34, 7, 0xff}, false},
		{"no header", server, []byte{0x61, 0x45}, false},
	} {
		tr := NewTracker()
		tr.Add(Observed{1, begin, client, server, 0, bytes})
		info := tr.Add(Observed{2, begin.Add(time.Second), c.from, client, 0, c.reply})
		if info.Role != RoleMalformed {
			t.Errorf("%s: is taken for a %v", c.name, info.Role)
		}
		if c.joins != (info.Exchange == 1 && info.Related == 1 && info.RTT == time.Second) || !c.joins && info.Exchange != 0 {
			t.Errorf("%s: %+v, joins %v", c.name, info, c.joins)
		}
		if x, _ := tr.Exchange(1); x.State != StateOpen || x.Responses != 0 || x.RTT != 0 {
			t.Errorf("%s: the exchange is %+v, want it open", c.name, x)
		}
	}
}
