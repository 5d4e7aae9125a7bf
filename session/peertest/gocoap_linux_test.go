package peertest_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	gomessage "github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/client"

	"coapscope/protocol"
)

// goServer is a server made with go-coap, with /doc, /async and /example_data as those of libcoap's server.
type goServer struct {
	mu        sync.Mutex
	doc       []byte // nil while it does not exist
	data      []byte
	sequence  uint32
	observers map[string]observer // by connection and token
}

type observer struct {
	conn  mux.Conn
	token gomessage.Token
}

// startGoServer starts a goServer for the time of the test.
func startGoServer(t *testing.T) netip.AddrPort {
	t.Helper()
	conn, err := coapnet.NewListenUDP("udp4", "127.0.0.1:0")
	check(t, err)
	s := &goServer{observers: map[string]observer{}}
	router := mux.NewRouter()
	for path, handle := range map[string]mux.HandlerFunc{"/doc": s.document, "/async": s.async, "/example_data": s.example} {
		check(t, router.Handle(path, handle))
	}
	server := udp.NewServer(
		options.WithMux(router),
		options.WithBlockwise(true, blockwise.SZX1024, time.Minute),
		// Left to itself it closes a connection, and with it all observations, after 16 seconds.
		options.WithInactivityMonitor(time.Hour, func(*client.Conn) {}),
		options.WithErrors(func(error) {}), // the engine sees what comes of it
	)
	served := make(chan error, 1)
	go func() { served <- server.Serve(conn) }()
	t.Cleanup(func() {
		server.Stop()
		<-served
		conn.Close()
	})
	addr := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}

func (s *goServer) document(w mux.ResponseWriter, r *mux.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code := codes.Changed
	switch {
	case r.Code() == codes.PUT && s.doc == nil:
		code = codes.Created
		fallthrough
	case r.Code() == codes.PUT, r.Code() == codes.POST:
		s.doc, _ = r.ReadBody()
		w.SetResponse(code, gomessage.TextPlain, nil)
	case s.doc == nil:
		w.SetResponse(codes.NotFound, gomessage.TextPlain, nil)
	case r.Code() == codes.DELETE:
		s.doc = nil
		w.SetResponse(codes.Deleted, gomessage.TextPlain, nil)
	default:
		w.SetResponse(codes.Content, gomessage.TextPlain, bytes.NewReader(s.doc))
	}
}

// async leaves the response alone, which go-coap acknowledges, and answers in a message of its own; now
// and then that overtakes the acknowledgement.
func (s *goServer) async(w mux.ResponseWriter, r *mux.Message) {
	conn, token := w.Conn(), bytes.Clone(r.Token())
	go send(conn, token, -1, []byte("done"))
}

func send(conn mux.Conn, token gomessage.Token, sequence int64, body []byte) error {
	m := conn.AcquireMessage(conn.Context())
	defer conn.ReleaseMessage(m)
	m.SetType(gomessage.Confirmable)
	m.SetCode(codes.Content)
	m.SetToken(token)
	m.SetContentFormat(gomessage.AppOctets)
	m.SetBody(bytes.NewReader(body))
	if sequence >= 0 {
		m.SetObserve(uint32(sequence))
	}
	return conn.WriteMessage(m)
}

func (s *goServer) example(w mux.ResponseWriter, r *mux.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := w.Conn().RemoteAddr().String() + string(r.Token())
	switch observe, err := r.Options().Observe(); {
	case r.Code() == codes.PUT:
		s.data, _ = r.ReadBody()
		s.sequence++
		for _, o := range s.observers {
			go send(o.conn, o.token, int64(s.sequence), s.data)
		}
		w.SetResponse(codes.Changed, gomessage.TextPlain, nil)
	case err == nil && observe == 0:
		s.observers[key] = observer{w.Conn(), bytes.Clone(r.Token())}
		w.SetResponse(codes.Content, gomessage.AppOctets, bytes.NewReader(s.data))
		w.Message().SetObserve(s.sequence)
	default:
		delete(s.observers, key)
		w.SetResponse(codes.Content, gomessage.AppOctets, bytes.NewReader(s.data))
	}
}

// goClient is go-coap's client.
type goClient struct{}

// foreignRequest is a request of a client of others. A block of 0 leaves its size to the client.
type foreignRequest struct {
	method protocol.Code
	to     netip.AddrPort
	path   string
	body   []byte
	block  int
	non    bool
}

func dial(t *testing.T, to netip.AddrPort, block int) *client.Conn {
	t.Helper()
	size := blockwise.SZX1024
	if block > 0 {
		size = blockwise.SZX(protocol.SZXFor(block))
	}
	conn, err := udp.Dial(to.String(), options.WithBlockwise(true, size, patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (goClient) do(t *testing.T, r foreignRequest) (protocol.Code, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn := dial(t, r.to, r.block)
	request := conn.AcquireMessage(ctx)
	defer conn.ReleaseMessage(request)
	token, err := gomessage.GetToken()
	if err != nil {
		t.Fatal(err)
	}
	request.SetToken(token)
	request.SetCode(codes.Code(r.method))
	request.SetType(gomessage.Confirmable)
	if r.non {
		request.SetType(gomessage.NonConfirmable)
	}
	if err := request.SetPath(r.path); err != nil {
		t.Fatal(err)
	}
	if r.body != nil {
		request.SetContentFormat(gomessage.AppOctets)
		request.SetBody(bytes.NewReader(r.body))
	}
	if r.path == "/large-post" {
		request.SetContentFormat(gomessage.TextPlain)
	}
	if r.block > 0 && r.body == nil {
		request.SetOptionUint32(gomessage.Block2, uint32(protocol.SZXFor(r.block)))
	}
	response, err := conn.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.ReleaseMessage(response)
	body, err := response.ReadBody()
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return protocol.Code(response.Code()), body
}

func (goClient) observe(t *testing.T, to netip.AddrPort, path string, each func([]byte)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	observation, err := dial(t, to, 0).Observe(ctx, path, func(m *pool.Message) {
		if body, err := m.ReadBody(); err == nil {
			each(body)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := observation.Cancel(ctx); err != nil {
			t.Error(err)
		}
	}
}
