# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service catalogue: the traffic that an instance must accept to offer a service.

A service is a name and a tuple of entries. An entry is one of these texts:

* ``protocol``: all traffic of the protocol, for example ``esp`` or ``vrrp``.
* ``protocol/port`` or ``protocol/first:last``: one port or an inclusive range, for example ``tcp/22``.
* ``icmp/type`` or ``icmp/type:code``: ICMP, for IPv4 only. ``icmp/8:0`` is the echo request.
* ``ipv6-icmp/type`` or ``ipv6-icmp/type:code``: ICMPv6, for IPv6 only. ``ipv6-icmp/128:0`` is the echo request.

Protocol names are the ones Neutron knows. Names of services are lower-case letters, digits and hyphens.

Only what the instance itself listens on is listed, with the default port of the IANA registry or of the project.
One name is one audience: what clients need and what the peers of a cluster need are separate names, so that a
rule for clients never opens the ports between the peers. Services without one dependable default are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SERVICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # Reachability. Sources: IANA ICMP and ICMPv6 parameters, RFC 1191, RFC 8201.
        # Stateful groups admit the answers to path MTU discovery by themselves; stateless groups need the rule.
        "path-mtu-discovery": ("icmp/3:4", "ipv6-icmp/2:0"),
        "ping": ("icmp/8:0", "ipv6-icmp/128:0"),
        # Remote access. Sources: IANA registry (ssh, ms-wbt-server, rfb), mosh(1),
        # Microsoft "Installation and configuration for Windows Remote Management", Cockpit guide "Port and address".
        "cockpit": ("tcp/9090",),
        "mosh": ("udp/60000:61000",),  # the session; the login before it is ssh
        "rdp": ("tcp/3389", "udp/3389"),
        "ssh": ("tcp/22",),
        "vnc": ("tcp/5900",),  # display 0
        "winrm": ("tcp/5985",),
        "winrm-https": ("tcp/5986",),
        # Web and proxies. Sources: IANA registry (http, https, http-alt, socks), RFC 9114 (HTTP/3 over QUIC),
        # Squid "http_port".
        "http": ("tcp/80",),
        "http-alt": ("tcp/8080",),
        "http3": ("udp/443",),
        "https": ("tcp/443",),
        "socks": ("tcp/1080",),
        "squid": ("tcp/3128",),
        # Names and time. Sources: IANA registry, RFC 7858 (DNS over TLS), RFC 9250 (DNS over QUIC),
        # RFC 8915 (NTS key establishment; the time itself is ntp).
        "dns": ("tcp/53", "udp/53"),
        "dns-over-quic": ("udp/853",),
        "dns-over-tls": ("tcp/853",),
        "ntp": ("udp/123",),
        "nts-ke": ("tcp/4460",),
        # Mail. Sources: IANA registry, RFC 8314 (implicit TLS), RFC 5804 (ManageSieve).
        "imap": ("tcp/143",),
        "imaps": ("tcp/993",),
        "managesieve": ("tcp/4190",),
        "pop3": ("tcp/110",),
        "pop3s": ("tcp/995",),
        "smtp": ("tcp/25",),
        "smtps": ("tcp/465",),  # the common name of submissions
        "submission": ("tcp/587",),
        "submissions": ("tcp/465",),
        # Files and storage. Sources: IANA registry, RFC 8881 (NFSv4 needs one port, no rpcbind),
        # Ceph "Network Configuration Reference" and "ms_bind_port_max", MinIO server reference, Lustre manual (988),
        # GlusterFS documentation (every brick adds a port of its own from 49152 on, which is not listed here).
        "ceph-mon": ("tcp/3300", "tcp/6789"),
        "ceph-osd": ("tcp/6800:7568",),  # also MDS and MGR; older releases stop at 7300
        "ftp": ("tcp/21",),  # the control connection; the passive range is a setting of each server
        "git": ("tcp/9418",),
        "glusterd": ("tcp/24007:24008",),
        "iscsi": ("tcp/3260",),
        "lustre": ("tcp/988",),
        "minio": ("tcp/9000",),
        "nfs": ("tcp/2049",),
        "rpcbind": ("tcp/111", "udp/111"),
        "rsync": ("tcp/873",),
        "smb": ("tcp/445",),
        "svn": ("tcp/3690",),
        "tftp": ("udp/69",),
        # Directories and authentication. Sources: IANA registry, RFC 2865 and 2866 (RADIUS), RFC 6614 (RadSec),
        # RFC 8907 (TACACS+), MIT Kerberos administration guide.
        "kadmin": ("tcp/749",),
        "kerberos": ("tcp/88", "udp/88"),
        "kpasswd": ("tcp/464", "udp/464"),
        "ldap": ("tcp/389",),
        "ldaps": ("tcp/636",),
        "radius": ("udp/1812",),
        "radius-acct": ("udp/1813",),
        "radsec": ("tcp/2083",),
        "tacacs": ("tcp/49",),
        # Relational databases. Sources: IANA registry (postgresql, mysql, ms-sql-s, ms-sql-m), PgBouncer "listen_port",
        # Patroni "restapi", MySQL "Port Reference Tables", Percona XtraDB Cluster "Secure the network" (Galera),
        # Oracle Net "Listener" documentation.
        "galera": ("tcp/4444", "tcp/4567:4568", "udp/4567"),  # between the nodes: SST, replication, IST
        "mariadb": ("tcp/3306",),
        "mssql": ("tcp/1433",),
        "mssql-browser": ("udp/1434",),
        "mysql": ("tcp/3306",),
        "mysql-group-replication": ("tcp/33061",),
        "mysqlx": ("tcp/33060",),
        "oracle": ("tcp/1521",),
        "patroni": ("tcp/8008",),
        "pgbouncer": ("tcp/6432",),
        "postgresql": ("tcp/5432",),
        # Other data stores and search. Sources: Redis and Valkey cluster specification (the bus is the port plus
        # 10000), memcached(1), MongoDB "Default MongoDB Port", DataStax "Configuring firewall port access" (Cassandra),
        # CouchDB "Ports and Firewalls", ClickHouse "Network ports", Neo4j "Ports", InfluxDB configuration,
        # Elasticsearch and OpenSearch network settings, Solr reference guide.
        "cassandra": ("tcp/9042",),
        "cassandra-internode": ("tcp/7000:7001",),  # 7001 is the same with TLS
        "clickhouse": ("tcp/9000",),
        "clickhouse-http": ("tcp/8123",),
        "clickhouse-https": ("tcp/8443",),
        "clickhouse-interserver": ("tcp/9009",),
        "clickhouse-keeper": ("tcp/9181",),
        "clickhouse-keeper-raft": ("tcp/9234",),
        "clickhouse-secure": ("tcp/9440",),
        "couchdb": ("tcp/5984",),
        "elasticsearch": ("tcp/9200",),
        "elasticsearch-transport": ("tcp/9300",),
        "influxdb": ("tcp/8086",),
        "kibana": ("tcp/5601",),
        "memcached": ("tcp/11211",),  # UDP is off by default and best left so
        "mongodb": ("tcp/27017",),
        "mongodb-configsvr": ("tcp/27019",),
        "mongodb-shardsvr": ("tcp/27018",),
        "neo4j-bolt": ("tcp/7687",),
        "neo4j-http": ("tcp/7474",),
        "opensearch": ("tcp/9200",),
        "opensearch-dashboards": ("tcp/5601",),
        "opensearch-transport": ("tcp/9300",),
        "redis": ("tcp/6379",),
        "redis-cluster-bus": ("tcp/16379",),
        "redis-sentinel": ("tcp/26379",),
        "solr": ("tcp/8983",),
        "valkey": ("tcp/6379",),
        "valkey-cluster-bus": ("tcp/16379",),
        "valkey-sentinel": ("tcp/26379",),
        # Messaging and coordination. Sources: IANA registry (amqp, amqps, epmd, mqtt, secure-mqtt),
        # RabbitMQ "Networking", Kafka's shipped server.properties, ZooKeeper administrator's guide,
        # NATS server configuration, etcd "Configuration options", ActiveMQ documentation.
        "activemq": ("tcp/61616",),  # OpenWire
        "amqp": ("tcp/5672",),
        "amqps": ("tcp/5671",),
        "epmd": ("tcp/4369",),
        "etcd": ("tcp/2379",),
        "etcd-peer": ("tcp/2380",),
        "kafka": ("tcp/9092",),
        "kafka-controller": ("tcp/9093",),
        "mqtt": ("tcp/1883",),
        "mqtts": ("tcp/8883",),
        "nats": ("tcp/4222",),
        "nats-cluster": ("tcp/6222",),
        "nats-monitoring": ("tcp/8222",),
        "rabbitmq": ("tcp/5671", "tcp/5672"),
        "rabbitmq-cluster": ("tcp/4369", "tcp/25672"),  # epmd and the Erlang distribution
        "rabbitmq-management": ("tcp/15672",),
        "rabbitmq-prometheus": ("tcp/15692",),
        "rabbitmq-stream": ("tcp/5552",),
        "rabbitmq-stream-replication": ("tcp/6000:6500",),
        "stomp": ("tcp/61613",),
        "zookeeper": ("tcp/2181",),
        "zookeeper-peer": ("tcp/2888", "tcp/3888"),
        # Service discovery, secrets, configuration management. Sources: Consul "Ports reference", Nomad "Ports used",
        # Vault "listener" and "cluster_addr", Salt "Opening the firewall", Puppet "Firewall configuration".
        "consul-dns": ("tcp/8600", "udp/8600"),
        "consul-grpc": ("tcp/8502",),
        "consul-grpc-tls": ("tcp/8503",),
        "consul-http": ("tcp/8500",),
        "consul-https": ("tcp/8501",),
        "consul-serf-lan": ("tcp/8301", "udp/8301"),
        "consul-serf-wan": ("tcp/8302", "udp/8302"),
        "consul-server": ("tcp/8300",),
        "nomad-http": ("tcp/4646",),
        "nomad-rpc": ("tcp/4647",),
        "nomad-serf": ("tcp/4648", "udp/4648"),
        "puppet": ("tcp/8140",),
        "salt-master": ("tcp/4505:4506",),
        "vault": ("tcp/8200",),
        "vault-cluster": ("tcp/8201",),
        # Kubernetes and its networks. Sources: kubernetes.io "Ports and Protocols", Calico "Network requirements",
        # Cilium "System Requirements: Firewall Rules", Flannel "Backends", MetalLB "Requirements",
        # RKE2 "Inbound Network Rules". Calico's BGP, IP-in-IP and VXLAN are bgp, ipip and vxlan below.
        "calico-typha": ("tcp/5473",),
        "cilium-health": ("tcp/4240",),
        "cilium-hubble": ("tcp/4244",),
        "cilium-wireguard": ("udp/51871",),
        "flannel-vxlan": ("udp/8472",),  # the Linux default; Cilium's VXLAN and K3s use it too
        "kube-controller-manager": ("tcp/10257",),
        "kube-proxy": ("tcp/10256",),
        "kube-scheduler": ("tcp/10259",),
        "kubelet": ("tcp/10250",),
        "kubernetes-api": ("tcp/6443",),
        "kubernetes-nodeport": ("tcp/30000:32767", "udp/30000:32767"),
        "metallb": ("tcp/7946", "udp/7946"),
        "rke2-supervisor": ("tcp/9345",),
        # Containers, builds, clusters. Sources: Docker "Protect the Docker daemon socket" and "Open protocols and ports
        # between the hosts" (encrypted overlays need esp as well), CNCF Distribution, Jenkins "Exposed Services and
        # Ports" (50000 is the port of its images), Nexus and SonarQube installation guides, Red Hat "Ports to enable
        # for the High Availability Add-On", Slurm "Network Configuration Guide".
        "corosync": ("udp/5404:5412",),
        "corosync-qnetd": ("tcp/5403",),
        "docker-registry": ("tcp/5000",),
        "docker-swarm": ("tcp/2377", "tcp/7946", "udp/4789", "udp/7946"),
        "docker-tls": ("tcp/2376",),
        "jenkins": ("tcp/8080",),
        "jenkins-agent": ("tcp/50000",),  # on the controller, for inbound agents
        "nexus": ("tcp/8081",),
        "pacemaker-remote": ("tcp/3121",),
        "pcsd": ("tcp/2224",),
        "slurmctld": ("tcp/6817",),
        "slurmd": ("tcp/6818",),
        "slurmdbd": ("tcp/6819",),
        "sonarqube": ("tcp/9000",),
        # Metrics and traces. Sources: Prometheus "Default port allocations", Grafana "http_port", OTLP specification,
        # Jaeger and Zipkin documentation, Tempo "Manifest", Carbon configuration, StatsD, collectd network plugin.
        "alertmanager": ("tcp/9093",),
        "alertmanager-cluster": ("tcp/9094", "udp/9094"),
        "blackbox-exporter": ("tcp/9115",),
        "collectd": ("udp/25826",),
        "grafana": ("tcp/3000",),
        "graphite": ("tcp/2003:2004",),  # plain text and pickle
        "jaeger-query": ("tcp/16686",),
        "mysqld-exporter": ("tcp/9104",),
        "node-exporter": ("tcp/9100",),
        "otlp-grpc": ("tcp/4317",),
        "otlp-http": ("tcp/4318",),
        "postgres-exporter": ("tcp/9187",),
        "prometheus": ("tcp/9090",),
        "pushgateway": ("tcp/9091",),
        "statsd": ("udp/8125",),
        "tempo": ("tcp/3200",),
        "windows-exporter": ("tcp/9182",),
        "zipkin": ("tcp/9411",),
        # Logs. Sources: RFC 5426 (syslog over UDP), RFC 5425 (over TLS), RFC 6587 (plain TCP has no port of its own, so
        # it has no entry), Fluentd "forward" (UDP is its heartbeat), Logstash "beats" and Loki "Network ports".
        "fluentd-forward": ("tcp/24224", "udp/24224"),
        "logstash-beats": ("tcp/5044",),
        "loki": ("tcp/3100",),
        "syslog": ("udp/514",),
        "syslog-tls": ("tcp/6514",),
        # Monitoring. Sources: IANA registry (snmp, snmptrap, sflow, zabbix-agent, zabbix-trapper, munin),
        # Icinga 2 "api" listener, NRPE, Checkmk "Ports", Netdata "bind to".
        "checkmk-agent": ("tcp/6556",),
        "icinga2": ("tcp/5665",),
        "munin": ("tcp/4949",),
        "netdata": ("tcp/19999",),
        "nrpe": ("tcp/5666",),
        "sflow": ("udp/6343",),
        "snmp": ("udp/161",),
        "snmp-trap": ("udp/162",),
        "zabbix-agent": ("tcp/10050",),
        "zabbix-server": ("tcp/10051",),
        # Tunnels and private networks. Sources: IANA protocol numbers and registry, RFC 3948 (IPsec through NAT),
        # RFC 7348 (VXLAN), RFC 8926 (Geneve), WireGuard quick start (51820 is its convention), OpenVPN manual
        # (UDP is the default; TCP 1194 is registered but must be chosen).
        "geneve": ("udp/6081",),
        "gre": ("gre",),
        "ipip": ("ipip",),
        "ipsec": ("udp/500", "udp/4500", "esp"),
        "l2tp": ("udp/1701",),
        "openvpn": ("udp/1194",),
        "tinc": ("tcp/655", "udp/655"),
        "vxlan": ("udp/4789",),
        "wireguard": ("udp/51820",),
        # Routing and failover. Sources: IANA protocol numbers and registry, RFC 5881 and 5883 (BFD), RFC 9568 (VRRP).
        "bfd": ("udp/3784:3785",),  # control and echo
        "bfd-multihop": ("udp/4784",),
        "bgp": ("tcp/179",),
        "ospf": ("ospf",),
        "vrrp": ("vrrp",),
        # Voice, video and chat. Sources: IANA registry (sip, sips, stun, stuns, turn, turns, iax, xmpp-client,
        # xmpp-server, ircs-u, matrix-fed), coturn's turnserver.conf (relay range), Jitsi "Open ports",
        # Mumble server configuration.
        "coturn-relay": ("udp/49152:65535",),
        "iax": ("udp/4569",),
        "ircs": ("tcp/6697",),
        "jitsi-videobridge": ("udp/10000",),
        "matrix-federation": ("tcp/8448",),
        "mumble": ("tcp/64738", "udp/64738"),
        "sip": ("tcp/5060", "udp/5060"),
        "sips": ("tcp/5061",),
        "stun": ("tcp/3478", "udp/3478"),
        "stuns": ("tcp/5349", "udp/5349"),
        "turn": ("tcp/3478", "udp/3478"),
        "turns": ("tcp/5349", "udp/5349"),
        "xmpp-client": ("tcp/5222",),
        "xmpp-server": ("tcp/5269",),
        # Backup and printing. Sources: IANA registry (bacula-dir, bacula-fd, bacula-sd, ipp).
        "bacula-dir": ("tcp/9101",),
        "bacula-fd": ("tcp/9102",),
        "bacula-sd": ("tcp/9103",),
        "ipp": ("tcp/631",),
    }
)
