package discovery

import (
	"net/netip"
	"sync"
	"time"
)

// neighboursLife is how long what the system said of its neighbours is good for: addresses change hands.
const neighboursLife = 5 * time.Second

// Neighbours knows the addresses of the interfaces on the links of this system, as far as the system does. Its zero value
// may be used, by several goroutines.
type Neighbours struct {
	mu    sync.Mutex
	table map[netip.Addr]string
	until time.Time
}

// Hardware gives the address of the interface that has the address; empty where it is not known.
func (n *Neighbours) Hardware(addr netip.Addr) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	hardware, ok := n.table[addr]
	if now := time.Now(); !ok || now.After(n.until) { // one that is not known has perhaps come since
		n.table, n.until = neighbours(), now.Add(neighboursLife)
		hardware = n.table[addr]
	}
	return hardware
}
