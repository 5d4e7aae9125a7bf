package panel

import (
	"net/netip"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// BenchmarkExchanges draws the table anew, as at each refresh: with 10,000 exchanges, and with a hundred times as many.
func BenchmarkExchanges(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
	}{{"10000", 10_000}, {"1000000", 1_000_000}} {
		b.Run(c.name, func(b *testing.B) {
			engine, err := session.Open(session.Config{})
			if err != nil {
				b.Fatal(err)
			}
			app := test.NewTempApp(b)
			app.Settings().SetTheme(widget.NewTheme(widget.Dark, 1))
			bench := view.NewWorkbench(engine, func() {})
			b.Cleanup(bench.Close)
			p := NewPackets(bench)
			w := test.NewTempWindow(b, p.Object)
			w.Resize(fyne.NewSize(712, 900))
			m := protocol.Message{Code: protocol.GET}
			m.Options = m.Options.Add(protocol.URIPath, []byte("temp"))
			for i := range c.n {
				m.MessageID, m.Token = protocol.MessageID(i), protocol.TokenOf([]byte{byte(i >> 16), byte(i >> 8), byte(i)})
				data, err := m.Append(nil)
				if err != nil {
					b.Fatal(err)
				}
				engine.Log().Append(trace.Frame{
					Time: time.Unix(1e9, 0).Add(time.Duration(i) * time.Millisecond), Direction: trace.Seen, Data: data,
					Source: netip.MustParseAddrPort("192.0.2.1:40000"), Destination: netip.MustParseAddrPort("192.0.2.7:5683"),
				})
			}
			for more := true; more; {
				_, more = bench.Pull()
			}
			p.ShowExchanges()
			b.ResetTimer()
			for b.Loop() {
				p.Refresh()
				if len(p.Exchanges.list.Snapshot()) == 0 || len(p.Exchanges.detail.Snapshot()) == 0 {
					b.Fatal("nothing is drawn")
				}
			}
		})
	}
}
