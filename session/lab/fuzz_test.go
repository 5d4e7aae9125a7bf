package lab

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// FuzzDevices plays arbitrary datagrams to all devices, and lets time pass between them: the first octet of each says
// how much, and how long the datagram is. Nothing panics, and what is kept is bounded.
func FuzzDevices(f *testing.F) {
	writer := &peer{}
	packed := func(datagrams ...[]byte) (all []byte) {
		for _, b := range datagrams {
			all = append(append(all, uint8(min(len(b), 127))), b[:min(len(b), 127)]...)
		}
		return all
	}
	const non, con = message.NonConfirmable, message.Confirmable
	quick := func(num int, more bool, tag string) []byte {
		return writer.ask(non, codes.PUT, "upload", "0123456789abcdef", blockOpt(optQBlock1, num, more, 0), opt(message.Size1, 48), opt(optRequestTag, tag))
	}
	f.Add(packed(quick(0, true, "a"), quick(2, false, "a"), quick(1, true, "a"), quick(0, true, "b")))
	f.Add(packed(
		writer.ask(non, codes.GET, "blobs/1k", "", blockOpt(optQBlock2, 0, true, 1), opt(message.Observe, 0)),
		writer.ask(non, codes.GET, "blobs/1k", "", blockOpt(optQBlock2, 10, true, 1)),
		writer.ask(con, codes.GET, "blobs/1k", "", blockOpt(optQBlock2, 3, false, 1), blockOpt(optQBlock2, 9, true, 1)),
	))
	f.Add(packed(writer.ask(con, codes.GET, "", "", opt(message.ProxyURI, "coap://store/cache/zero"), opt(optHopLimit, 3))))
	f.Add(packed(writer.ask(con, codes.PUT, "block/shrinking", "0123456789abcdef", blockOpt(message.Block1, 0, true, 0)), writer.ask(con, codes.PUT, "block/shrinking", "x", blockOpt(message.Block1, 1, false, 0))))
	f.Add(packed(writer.ask(con, codes.PUT, "actuators/lock", "0", opt(optEcho, "12345678")), writer.ask(con, codes.GET, "sensors/temp", "", opt(message.Observe, 0))))
	f.Add([]byte{0x84, 0x40, 0, 0, 1, 4, 0x70, 0, 0, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		clock := newHandClock()
		l, err := Start(Config{Seed: 1, Ephemeral: true, Loss: NoLoss, Clock: clock})
		if err != nil {
			t.Skip(err) // no more ports
		}
		defer l.Close()
		sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Skip(err)
		}
		defer sink.Close()
		addr := sink.LocalAddr().(*net.UDPAddr).AddrPort()
		from := netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
		for len(script) > 0 {
			n, later := int(script[0]&0x7f), script[0]&0x80 != 0
			script = script[1:]
			n = min(n, len(script))
			for _, d := range l.devices {
				d.handle(script[:n], from, false)
				d.handle(script[:n], from, true)
			}
			script = script[n:]
			if later {
				clock.advance(5 * time.Second)
			}
		}
		clock.advance(3 * exchangeLifetime)
		for _, d := range l.devices {
			d.mu.Lock()
			if len(d.uploads) > maxTransfers || len(d.stashed) > maxTransfers || len(d.bodies) > maxTransfers ||
				len(d.bursts) > maxTransfers || len(d.forwarded) > 0 || len(d.observers) > maxObservers {
				t.Errorf("%s keeps %d uploads, %d bodies, %d answers, %d bursts, %d forwarded, %d observers", d.Name,
					len(d.uploads), len(d.bodies), len(d.stashed), len(d.bursts), len(d.forwarded), len(d.observers))
			}
			d.mu.Unlock()
		}
	})
}
