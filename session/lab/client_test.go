package lab

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/client"
)

func dial(t *testing.T, l *Lab, name string) *client.Conn {
	t.Helper()
	d, err := l.Device(name)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := udp.Dial(d.Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// The lab to a client that is not this project's.
func TestWithGoCoAP(t *testing.T) {
	l, _ := startLab(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	read := func(m *pool.Message, err error) (codes.Code, []byte) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b, err := m.ReadBody()
		if err != nil {
			t.Fatal(err)
		}
		return m.Code(), b
	}
	store := dial(t, l, "store")
	if code, b := read(store.Get(ctx, "/blobs/100k")); code != codes.Content || !bytes.Equal(b, Blob(7, 100_000)) {
		t.Errorf("GET: %v with %d octets", code, len(b))
	}
	body := Blob(2, 100_000)
	if code, _ := read(store.Put(ctx, "/upload", message.AppOctets, bytes.NewReader(body))); code != codes.Changed {
		t.Errorf("PUT: %v", code)
	}
	if code, b := read(store.Get(ctx, "/upload")); code != codes.Content || !bytes.Equal(b, body) {
		t.Errorf("GET: %v with %d octets", code, len(b))
	}
	if code, _ := read(store.Get(ctx, "/none")); code != codes.NotFound {
		t.Errorf("GET: %v", code)
	}

	seen := make(chan string, 16)
	observation, err := dial(t, l, "plugtest").Observe(ctx, "/obs", func(m *pool.Message) {
		b, err := m.ReadBody()
		if err != nil {
			b = []byte(err.Error())
		}
		seen <- string(b)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0", "1", "2"} {
		if want != "0" {
			l.Tick()
		}
		select {
		case got := <-seen:
			if got != want {
				t.Errorf("observed %q, want %q", got, want)
			}
		case <-time.After(patience):
			t.Fatal("no notification")
		}
	}
	if err := observation.Cancel(ctx); err != nil {
		t.Error(err)
	}
	if n := observers(l, "plugtest"); n != 0 {
		t.Errorf("%d observers after the cancellation", n)
	}
}
