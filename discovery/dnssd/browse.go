package dnssd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Port of Multicast DNS (RFC 6762 §3).
const Port = 5353

// The groups of Multicast DNS. Both are of the link.
var (
	Group4 = netip.AddrFrom4([4]byte{224, 0, 0, 251})
	Group6 = netip.MustParseAddr("ff02::fb")
)

// Queries is how often all instances are asked for: at once, after one second and after two more (RFC 6762 §5.2).
const Queries = 3

const (
	firstPause = time.Second
	// lastPause is for answers to the last query, and for asking for what they leave out.
	lastPause = 2 * time.Second
	// Duration is how long a [Browse] takes, at most and nearly always.
	Duration = 120*time.Millisecond + 3*firstPause + lastPause
)

// QuerySize gives the bytes of a query for these services, while no instances are known.
func QuerySize(services []string) int {
	data, _ := query(first(newMachine("", services).browse(time.Time{})), nil)
	return len(data)
}

func first[A, B any](a A, _ B) A { return a }

// Event is what [Browse] tells: [Found], [Gone] or [Refused].
type Event interface{ event() }

// Found tells of an instance, or of something new about one.
type Found struct{ Instance Instance }

// Gone tells that an instance that was found is not offered any more.
type Gone struct{ Instance Instance }

// Refused tells that a group cannot be asked by the interface.
type Refused struct {
	Group netip.Addr
	Err   error
}

func (Found) event()   {}
func (Gone) event()    {}
func (Refused) event() {}

// Browse looks for instances of services such as "_coap._udp" on the link of an interface, by those of [Group4] and [Group6]
// that are given, and tells of each. It returns after [Duration], or when the context ends. The error is that of sending, where no group
// could be asked.
func Browse(ctx context.Context, by net.Interface, groups []netip.Addr, services []string, tell func(Event)) error {
	for _, s := range services {
		if !validService(s) {
			return fmt.Errorf("%q is no service: write one as _coap._udp (RFC 6763 §4.1.2)", s)
		}
	}
	b := &browse{machine: newMachine(by.Name, services), tell: tell, packets: make(chan []byte, 64)}
	var readers sync.WaitGroup
	defer readers.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, group := range groups {
		s, err := listen(by, group)
		if err != nil {
			b.refuse(group, err)
			continue
		}
		defer s.conn.Close() // before the readers are waited for
		b.sockets = append(b.sockets, s)
		readers.Go(func() { s.read(ctx, b.packets) })
	}
	b.run(ctx)
	if len(b.sockets) == 0 {
		return errors.Join(b.refused...)
	}
	return nil
}

// browse is a search that goes on.
type browse struct {
	machine *machine
	tell    func(Event)
	sockets []*socket
	packets chan []byte
	refused []error
}

func (b *browse) refuse(group netip.Addr, err error) {
	b.refused = append(b.refused, err)
	b.tell(Refused{group, err})
}

func (b *browse) run(ctx context.Context) {
	// Not all who begin at the same moment are to ask at the same moment (RFC 6762 §5.2).
	next := time.NewTimer(20*time.Millisecond + rand.N(100*time.Millisecond))
	defer next.Stop()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	pause := firstPause
	for asked := 0; len(b.sockets) > 0; {
		select {
		case <-ctx.Done():
			return
		case data := <-b.packets:
			records, _ := parseResponse(data)
			b.machine.take(time.Now(), records)
		case <-next.C:
			if asked == Queries {
				b.settle(time.Now())
				return
			}
			b.send(b.machine.browse(time.Now()))
			if asked++; asked == Queries {
				pause = lastPause
			}
			next.Reset(pause)
			pause *= 2
		case <-look.C:
		}
		b.settle(time.Now())
	}
}

func (b *browse) settle(now time.Time) {
	found, gone := b.machine.settle(now)
	for _, i := range gone {
		b.tell(Gone{i})
	}
	for _, i := range found {
		b.tell(Found{i})
	}
	if ask := b.machine.missing(now); len(ask) > 0 {
		b.send(ask, nil)
	}
}

// send asks by all sockets. One that cannot is given up.
func (b *browse) send(ask []question, known []record) {
	for len(ask) > 0 {
		data, asked := query(ask, known)
		ask = ask[asked:]
		b.sockets = slices.DeleteFunc(b.sockets, func(s *socket) bool {
			if _, err := s.conn.WriteToUDP(data, s.to); err != nil {
				b.refuse(s.group, err)
				return true
			}
			return false
		})
	}
}

// socket is one by which a group is asked, on one interface.
type socket struct {
	conn  *net.UDPConn
	group netip.Addr
	to    *net.UDPAddr
	by    net.Interface
	near  []netip.Prefix // the networks of the interface
	ipv4  *ipv4.PacketConn
	ipv6  *ipv6.PacketConn
}

// listen opens the socket of a group. It shares the port of Multicast DNS with the system's own service; where that does not
// share it, it asks from another port, and responders answer to that (RFC 6762 §6.7).
func listen(by net.Interface, group netip.Addr) (*socket, error) {
	s := &socket{group: group, by: by, to: &net.UDPAddr{IP: group.AsSlice(), Port: Port}}
	network := "udp4"
	if group.Is6() {
		network, s.to.Zone = "udp6", by.Name
	}
	if addrs, err := by.Addrs(); err == nil {
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				s.near = append(s.near, p.Masked())
			}
		}
	}
	var err error
	if s.conn, err = net.ListenMulticastUDP(network, &by, s.to); err != nil {
		alone := err
		if s.conn, err = net.ListenUDP(network, nil); err != nil {
			return nil, errors.Join(alone, err)
		}
	}
	const hops = 255 // RFC 6762 §11
	if group.Is4() {
		s.ipv4 = ipv4.NewPacketConn(s.conn)
		_ = s.ipv4.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true) // which some systems cannot
		err = errors.Join(s.ipv4.SetMulticastInterface(&by), s.ipv4.SetMulticastTTL(hops), s.ipv4.SetMulticastLoopback(true))
	} else {
		s.ipv6 = ipv6.NewPacketConn(s.conn)
		_ = s.ipv6.SetControlMessage(ipv6.FlagInterface|ipv6.FlagDst, true)
		err = errors.Join(s.ipv6.SetMulticastInterface(&by), s.ipv6.SetMulticastHopLimit(hops), s.ipv6.SetMulticastLoopback(true))
	}
	if err != nil {
		s.conn.Close()
		return nil, err
	}
	return s, nil
}

// maxFailures is how often in a row receiving may fail: one failure may be that of a datagram, many are of the interface.
const maxFailures = 16

// read hands over the packets that came by the interface from its link, until the socket is closed.
func (s *socket) read(ctx context.Context, packets chan<- []byte) {
	buffer := make([]byte, 9000) // the largest packet of Multicast DNS (RFC 6762 §17)
	for failures := 0; failures < maxFailures; {
		n, from, by, to, err := s.receive(buffer)
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return
		}
		if err != nil {
			failures++
			continue
		}
		failures = 0
		if !s.local(from, by, to) {
			continue
		}
		select {
		case packets <- slices.Clone(buffer[:n]):
		case <-ctx.Done():
			return
		}
	}
}

// receive reads a packet, with the index of the interface that it came by and the address that it was sent to, as far as the
// system says so.
func (s *socket) receive(buffer []byte) (n int, from netip.AddrPort, by int, to netip.Addr, err error) {
	var source net.Addr
	if s.ipv4 != nil {
		var c *ipv4.ControlMessage
		if n, c, source, err = s.ipv4.ReadFrom(buffer); c != nil {
			to, _ = netip.AddrFromSlice(c.Dst)
			by = c.IfIndex
		}
	} else {
		var c *ipv6.ControlMessage
		if n, c, source, err = s.ipv6.ReadFrom(buffer); c != nil {
			to, _ = netip.AddrFromSlice(c.Dst)
			by = c.IfIndex
		}
	}
	if u, ok := source.(*net.UDPAddr); ok {
		from = u.AddrPort()
	}
	return n, from, by, to.Unmap(), err
}

// local tells whether a packet is of Multicast DNS and of the link (RFC 6762 §6, §11): others may not say what is on it.
func (s *socket) local(from netip.AddrPort, by int, to netip.Addr) bool {
	addr := from.Addr().Unmap().WithZone("")
	switch {
	case from.Port() != Port || by != 0 && by != s.by.Index:
		return false
	case to == s.group:
		return true
	}
	return slices.ContainsFunc(s.near, func(p netip.Prefix) bool { return p.Contains(addr) })
}
