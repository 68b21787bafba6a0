import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../object.ts';
import type { LabelSelector } from './label-selector.ts';

export type ServicePort = {
  name?: string;
  port: number;
  targetPort?: number | string;
  nodePort?: number;
  protocol?: string;
};

export type LoadBalancerStatus = { ingress?: { ip?: string; hostname?: string }[] };

export interface Service extends KubeObject {
  spec: {
    type?: string;
    clusterIP?: string;
    clusterIPs?: string[];
    externalIPs?: string[];
    externalName?: string;
    selector?: Record<string, string>;
    ports?: ServicePort[];
    publishNotReadyAddresses?: boolean;
    internalTrafficPolicy?: string;
    externalTrafficPolicy?: string;
    loadBalancerClass?: string;
  };
  status?: { loadBalancer?: LoadBalancerStatus };
}

type EndpointAddress = { ip: string; nodeName?: string; targetRef?: JsonObject };

export type EndpointSubset = {
  addresses?: EndpointAddress[];
  notReadyAddresses?: EndpointAddress[];
  ports?: { name?: string; port: number; protocol?: string }[];
};

export interface Endpoints extends KubeObject {
  subsets?: EndpointSubset[];
}

type SliceEndpoint = {
  addresses: string[];
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
  hostname?: string;
  nodeName?: string;
  targetRef?: JsonObject;
};

export type SlicePort = { name?: string; port?: number; protocol?: string };

export interface EndpointSlice extends KubeObject {
  addressType: string;
  endpoints?: SliceEndpoint[];
  ports?: SlicePort[];
}

export interface Ingress extends KubeObject {
  spec: {
    ingressClassName?: string;
    rules?: { host?: string }[];
    tls?: { hosts?: string[]; secretName?: string }[];
  };
  status?: { loadBalancer?: LoadBalancerStatus };
}

export interface IngressClass extends KubeObject {
  spec: { controller?: string; parameters?: { apiGroup?: string; kind: string; name: string } };
}

export type PolicyPort = { port?: number | string; endPort?: number; protocol?: string };

export type PolicyPeer = {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr: string; except?: string[] };
};

export interface NetworkPolicy extends KubeObject {
  spec: {
    podSelector?: LabelSelector;
    policyTypes?: string[];
    ingress?: { from?: PolicyPeer[]; ports?: PolicyPort[] }[];
    egress?: { to?: PolicyPeer[]; ports?: PolicyPort[] }[];
  };
}
